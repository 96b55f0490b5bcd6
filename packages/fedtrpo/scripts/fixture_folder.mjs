/**
 * Writes the folder that citylearn_fixtures.py runs CityLearn on: 720 hours of three synthetic buildings, their batteries with standby
 * loss, a depth of discharge below 1, strong ageing and attributes that are drawn. Or, with --thermal, 240 hours of two buildings with
 * heat pumps, heaters and tanks. `npx nx build fedtrpo` first.
 *
 *     node packages/fedtrpo/scripts/fixture_folder.mjs FOLDER [--thermal]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fixtureFolder, thermalFolder } from './folder.mjs';
import * as fedtrpo from '../dist/index.js';

const [folder, thermal] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const files = thermal === '--thermal' ? thermalFolder(fedtrpo) : fixtureFolder(fedtrpo);
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
