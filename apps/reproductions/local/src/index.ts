/** "Revisiting LocalSGD and SCAFFOLD: Improved Rates and Missing Analysis", key `local`. */
import type { Reproduction } from '@assay-ml/claims';
import { bounds } from './claims/bounds.js';
import { fashion, fashionExperiments } from './claims/fashion.js';
import { identities } from './claims/identities.js';
import { roundsToAccuracy } from './claims/rounds-to-accuracy.js';
import { scaffoldBias } from './claims/scaffold-bias.js';
import { scaling } from './claims/scaling.js';
import { whoWins } from './claims/who-wins.js';
import { experiments } from './experiments.js';
import { figures } from './figures.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'local',
  project: 'theory-sim',
  title: 'Revisiting LocalSGD and SCAFFOLD: Improved Rates and Missing Analysis',
  citation:
    'Ruichen Luo, Sebastian U. Stich, Samuel Horváth, Martin Takáč. AISTATS 2025, PMLR 258, 2539–2547. arXiv:2501.04443.',
  experiments: [...experiments, ...fashionExperiments],
  figures,
  claims: [...whoWins, ...roundsToAccuracy, ...bounds, ...scaling, ...identities, ...scaffoldBias, ...fashion],
};

export default reproduction;
