// Writes schema/verdicts.schema.json from the built schema: node packages/claims/scripts/schema.mjs
import { writeFileSync } from 'node:fs';
import { verdictsJsonSchema } from '../dist/index.js';

writeFileSync(
  new URL('../schema/verdicts.schema.json', import.meta.url),
  `${JSON.stringify(verdictsJsonSchema(), null, 2)}\n`,
);
