import { expect, it } from 'vitest';
import { inProcessExecutor, judge, localExecutor, merge, plan, runReproduction } from '../src/index.js';

const nothing = undefined as never;
/** What would go through but for one name. */
const calls: Record<string, (wrong: object) => unknown> = {
  plan: (wrong) => plan(nothing, { tier: 'quick', ...wrong }),
  runReproduction: (wrong) => runReproduction(nothing, { tier: 'quick', folder: 'x', executor: inProcessExecutor(), ...wrong }),
  merge: (wrong) => merge(nothing, ['x'], { out: 'x', ...wrong }),
  judge: (wrong) => judge(nothing, [], 'quick', wrong),
  localExecutor: (wrong) => localExecutor(wrong),
  inProcessExecutor: (wrong) => inProcessExecutor(wrong),
}; // prettier-ignore

it.each(Object.entries(calls))('%s refuses an option that is not known', async (name, call) => {
  const error = await Promise.resolve()
    .then(() => call({ sede: 1 }))
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RangeError);
  expect((error as Error).message).toMatch(new RegExp(`^${name}: 'sede' is no option; must be one of .+\\?$`));
});

it('names a folder, an executor, folders and a shard of the wrong kind', async () => {
  const run = { tier: 'quick', folder: 'x', executor: inProcessExecutor() } as const;
  await expect(runReproduction(nothing, { ...run, folder: nothing })).rejects.toThrow(
    new TypeError("runReproduction: 'folder' is undefined; must be a path. resultsFolder() makes one."),
  );
  await expect(runReproduction(nothing, { ...run, executor: 'local' as never })).rejects.toThrow(
    new TypeError("runReproduction: 'executor' is 'local'; must be an executor. Take localExecutor()."),
  );
  await expect(merge(nothing, 'shard-1' as never, { out: 'x' })).rejects.toThrow(
    new TypeError("merge: 'folders' is 'shard-1'; must be an array of paths."),
  );
  await expect(plan(nothing, { tier: 'quick', shard: '1/2' as never })).rejects.toThrow(
    new TypeError("plan: 'shard' is '1/2'; must be an object. It may have index, count."),
  );
});
