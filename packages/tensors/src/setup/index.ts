export { nativeCommand, type NativeFlags } from './command.js';
export { makePart, removeStaleParts } from './part.js';
export { SetUpError } from './set-up-error.js';
export { tryBackends, tryEngine } from './self-test.js';
export { tool, ToolFailed, type ToolOptions } from './tool.js';
export { blasTarget, isBlasTested, isTested, TENSORFLOW } from './wheels.js';
