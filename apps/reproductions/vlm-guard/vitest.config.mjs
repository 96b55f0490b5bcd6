import { project } from '../../../vitest.base.mjs';

export default project('reproduce-vlm-guard');
