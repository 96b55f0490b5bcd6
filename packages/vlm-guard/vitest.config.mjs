import { project } from '../../vitest.base.mjs';

export default project('vlm-guard');
