/** The command line `fedtrpo`: flags in, library called, exit code out. */
import { readFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { Io } from './io.js';
import { lpCommand, type LpFlags } from './lp.js';
import { CONTROLLERS, simulateCommand, type SimulateFlags } from './simulate.js';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number.');
  return value;
};
const whole = (text: string): number => {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Must be an integer of at least 0.');
  return value;
};

/** What both commands take. */
const shared = (command: Command): Command =>
  command
    .argument('<folder>', "a folder of CityLearn's, with its schema.json")
    .addOption(
      new Option('--physics <release>', 'devices of CityLearn 2.2.0 or 3.0.2').choices(['2.2', '3']).default('3'),
    ) // prettier-ignore
    .option('--buildings <name,…>', 'of the schema; default all that it includes', (text) => text.split(','))
    .option('--ignore-unsupported', 'leaves out what has no model here, and says so')
    .option('--start <row>', 'of the data', whole, 0)
    .option('--hours <n>', 'default to the end of the data', whole);

function program(io: Io, version: string): Command {
  const root = new Command('fedtrpo')
    .description('Runs controllers on microgrids that step as CityLearn does, and bounds what they can reach.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  shared(root.command('simulate').description('runs a controller; prints its indicators'))
    .addOption(new Option('--controller <name>').choices(Object.keys(CONTROLLERS)).default('rule'))
    .addOption(
      new Option('--forecast <name>', 'of mpc').choices(['perfect', 'persistent', 'columns']).default('persistent'),
    ) // prettier-ignore
    .option('--horizon <n>', 'of mpc, hours', whole, 24)
    .option('--seed <n>', 'of random', whole, 0)
    .option('--csv <file>', "hours in CityLearn's columns, a file a building")
    .option('--svg <file>', 'a day of the first building')
    .option('--day <n>', 'the day of --svg, from 0', whole, 0)
    .action((folder: string, flags: SimulateFlags) => simulateCommand(folder, flags, io));
  shared(root.command('lp').description('bounds what any controller can reach, by a linear program'))
    .option('--alpha <weight>', 'of cost; the rest is that of emissions', number, 0.4)
    .option('--peak-price <price>', "of the district's highest import of a day, per kWh", number)
    .option('--export-limit <kWh>', 'of the district in a step', number)
    .action((folder: string, flags: LpFlags) => lpCommand(folder, flags, io));
  return root;
}

/**
 * Runs the command line.
 * @returns exit code: 0, or 2 for wrong flags, files or values
 */
export async function main(args: readonly string[], io: Io): Promise<0 | 2> {
  try {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    await program(io, version).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}
