import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Temperature } from '#protocol/gen/garrison/node/v1/node.ts';

const MAX_TEMPERATURES = 64;

/** Reads the sensors of the hwmon class below `sys`, `chip label` each; none on most virtual machines. A sensor that does not answer is left out. */
export async function readTemperatures(sys: string): Promise<Temperature[]> {
  const directory = join(sys, 'class/hwmon');
  const chips = await readdir(directory).catch(() => []);
  const temperatures = await Promise.all(chips.sort().map((chip) => temperaturesOf(join(directory, chip))));
  return temperatures.flat().slice(0, MAX_TEMPERATURES);
}

async function temperaturesOf(chip: string): Promise<Temperature[]> {
  const inputs = (await readdir(chip).catch(() => [])).filter((file) => /^temp\d+_input$/.test(file)).sort();
  const name = await textOf(join(chip, 'name'));
  const read = inputs.map(async (input) => {
    const millidegrees = await textOf(join(chip, input));
    if (!/^-?\d+$/.test(millidegrees)) return [];
    const label = await textOf(join(chip, input.replace('_input', '_label')));
    return [{ sensor: `${name} ${label || input.replace('_input', '')}`.trim(), celsius: Number(millidegrees) / 1000 }];
  });
  return (await Promise.all(read)).flat();
}

async function textOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}
