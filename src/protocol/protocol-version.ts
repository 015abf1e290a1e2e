/** The version of the node protocol this program speaks first. */
export const PROTOCOL_VERSION = 1;

/** A controller serves the last two versions; a daemon of any other is refused with FAILED_PRECONDITION. */
export const SPOKEN_PROTOCOL_VERSIONS: readonly number[] = [1];
