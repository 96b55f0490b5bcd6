export { compose, method, type Clip, type Method, type MethodName, type MethodOptions, type NamedOptions } from './method.js';
export { adagradClip, adamClip, adamClipDelayed, type AuthorsOptions } from './authors.js';
export type { ClipLevel } from './level.js';
export type { Schedule } from './schedule.js';
export { copyPoint, initialState, update, type Point, type State } from './update.js';
export { simulate, type Noise, type SimulateOptions, type Snapshot } from './simulate.js';
