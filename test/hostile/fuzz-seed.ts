/** The seed of every fuzz that is not told another, so that what one run finds the next one finds too. */
export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 20_261_127);
