/** Imported for its effect: WebGPU then finds the software adapter of Debian's chromium, unless another is named. */
import { existsSync } from 'node:fs';

const icd = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env['VK_ICD_FILENAMES'] && existsSync(icd)) process.env['VK_ICD_FILENAMES'] = icd;
