/** A machine that has no file or process left to give: Node then makes a child with neither pipes nor a channel. */
import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { localExecutor, type CellRecord } from '../src/index.js';

vi.mock('node:child_process', async (original) => ({
  ...(await original<object>()),
  fork: () => {
    const child = Object.assign(new EventEmitter(), { kill: () => false, unref: () => undefined });
    process.nextTick(() => child.emit('error', new Error('spawn node EMFILE')));
    return child;
  },
}));

it('makes failed records of the cells that got no worker', async () => {
  const records: CellRecord[] = [];
  const cell = { experiment: 'e', config: {}, module: 'none', backend: { name: 'wasm', threads: 1 }, seconds: 1, megabytes: 1 }; // prettier-ignore
  const cells = [0, 1].map((seed) => ({ ...cell, id: String(seed), seed }));
  const { signal } = new AbortController();
  await localExecutor({ jobs: 1 }).run(cells, { signal, onRecord: (record) => void records.push(record) });
  expect(records.map(({ error }) => error)).toEqual(
    Array(2).fill('the worker process could not be started: spawn node EMFILE'),
  );
});
