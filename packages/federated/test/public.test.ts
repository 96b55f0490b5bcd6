import { expect, it } from 'vitest';

import * as federated from '../src/index.js';

it('exports these names and no other', () => {
  expect(Object.keys(federated).sort()).toEqual([
    'aggregate',
    'bytes',
    'chargeRound',
    'checkWeights',
    'cohortSize',
    'cohorts',
    'emptyLedger',
    'loadState',
    'runRounds',
    'saveState',
  ]);
});
