/** Makes the run of one benchmark at each message, and answers with its result. */
import { parentPort } from 'node:worker_threads';
import { quarticClients } from './suites/theory-sim-l0l1.js';

const work = await quarticClients.prepare();
parentPort!.on('message', async () => {
  await work.run();
  parentPort!.postMessage(await work.result());
});
