/** No battery: every action is 0. */
import type { Controller } from './controller.js';

/** The battery stands idle. */
export const none: Controller = {
  name: 'none',
  bind: () => ({ start: () => null, act: (_observation, _memory, action) => void action.fill(0) }),
};
