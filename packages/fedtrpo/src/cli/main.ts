/** The command line `fedtrpo`: flags in, library called, exit code out. */
import { readFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { Io } from './io.js';
import { CONTROLLER_NAMES } from './controllers.js';
import { evaluateCommand, type EvaluateFlags } from './evaluate.js';
import { lpCommand, type LpFlags } from './lp.js';
import { simulateCommand, type SimulateFlags } from './simulate.js';
import { trainCommand, type TrainFlags } from './train.js';

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

/** What all commands take. */
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

/** Flags that choose a controller. */
const controlled = (command: Command): Command =>
  command
    .option(
      '--controller <name>',
      `${CONTROLLER_NAMES.join(', ')}, or a policy that train wrote, as policy.json`,
      'rule',
    )
    .addOption(
      new Option('--forecast <name>', 'of mpc').choices(['perfect', 'persistent', 'columns']).default('persistent'),
    ) // prettier-ignore
    .option('--horizon <n>', 'of mpc, hours', whole, 24)
    .option('--seed <n>', 'of random', whole, 0);

function program(io: Io, version: string, end: (code: 0 | 130) => void): Command {
  const root = new Command('fedtrpo')
    .description(
      'Controls microgrids that step as CityLearn does: rules, MPC, learned policies, and a bound of what they can reach.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  controlled(shared(root.command('simulate').description('runs a controller; prints its indicators')))
    .option('--csv <file>', "hours in CityLearn's columns, a file a building")
    .option('--svg <file>', 'a day of the first building')
    .option('--day <n>', 'the day of --svg, from 0', whole, 0)
    .action((folder: string, flags: SimulateFlags) => simulateCommand(folder, flags, io));
  shared(root.command('train').description('trains one policy for all buildings, of which a fifth (rounded down) is kept for validation and a fifth for the test, and of the days too')) // prettier-ignore
    .requiredOption('--out <file>', 'where the policy goes; <file>.training lies beside it until it is done')
    .option('--overwrite', 'trains anew where the policy is there')
    .addOption(new Option('--method <name>').choices(['trpo', 'ppo', 'reinforce', 'newton']).default('trpo'))
    .option('--delta <n>', 'of trpo: mean KL of a step, default 0.01', number)
    .option('--rate <n>', 'of ppo, default 0.005 (0.0025 where an iteration has few days), and reinforce', number)
    .addOption(
      new Option('--federation <kind>', 'what buildings share: data, gradients or parameters')
        .choices(['shared', 'fedsgd', 'fedavg'])
        .default('shared'),
    ) // prettier-ignore
    .option('--local-updates <n>', 'of fedavg, between two averages', whole, 1)
    .option('--iterations <n>', '', whole, 60)
    .option('--episodes <n>', 'days of a building in an iteration', whole, 16)
    .option('--hidden <n,…>', 'units of the hidden layers', (text) => text.split(',').map(whole), [32, 32])
    .option('--personal', 'lets the policy know which building it is in')
    .option('--project', 'brings actions into reach of the battery')
    .addOption(
      new Option('--select <part>', 'takes the best iteration on this part, in place of the last').choices([
        'validation',
        'test',
      ]),
    ) // prettier-ignore
    .option('--seed <n>', 'of the parts, the parameters and all draws', whole, 0)
    .action(async (folder: string, flags: TrainFlags) => end(await trainCommand(folder, flags, io)));
  controlled(shared(root.command('evaluate').description('runs a controller on each day of each building, by the parts of its training'))) // prettier-ignore
    .option('--csv <file>', 'a line for each day of each building')
    .action((folder: string, flags: EvaluateFlags) => evaluateCommand(folder, flags, io));
  shared(root.command('lp').description('bounds what any controller can reach, by a linear program'))
    .option('--alpha <weight>', 'of cost; the rest is that of emissions', number, 0.4)
    .option('--peak-price <price>', "of the district's highest import of a day, per kWh", number)
    .option('--export-limit <kWh>', 'of the district in a step', number)
    .action((folder: string, flags: LpFlags) => lpCommand(folder, flags, io));
  return root;
}

/**
 * Runs the command line.
 * @returns exit code: 0; 2 for wrong flags, files or values; 130 for a training that was interrupted
 */
export async function main(args: readonly string[], io: Io): Promise<0 | 2 | 130> {
  try {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    let code: 0 | 130 = 0;
    await program(io, version, (ended) => void (code = ended)).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}
