import { expect, it } from 'vitest';

import * as federated from '../src/index.js';

it('exports these names and no other', () => {
  expect(Object.keys(federated).sort()).toEqual([
    'aggregate',
    'bytes',
    'chargeRound',
    'chargeTraffic',
    'checkWeights',
    'cohortSize',
    'cohorts',
    'emptyLedger',
    'emptyTraffic',
    'evaluation',
    'folderStore',
    'heldOut',
    'loadState',
    'memoryStore',
    'privatise',
    'runRounds',
    'saveState',
    'serverOf',
    'serverStep',
    'startServer',
    'survivors',
    'trafficBytes',
    'weightedSums',
  ]);
});
