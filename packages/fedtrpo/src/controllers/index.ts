export type { Bound, Controller } from './controller.js';
export { greedy } from './greedy.js';
export { hourRule, type HourRuleOptions } from './hour-rule.js';
export { none } from './none.js';
export { persistence } from './persistence.js';
export { random } from './random.js';
export { objective, type Quantity, simulate, type Trajectory } from './simulate.js';
export { storedOptimum } from './stored-optimum.js';
