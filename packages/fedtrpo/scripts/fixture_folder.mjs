/**
 * Writes the folder that citylearn_fixtures.py runs CityLearn on: 720 hours of three synthetic buildings, their batteries with standby
 * loss, a depth of discharge below 1, strong ageing and attributes that are drawn. `npx nx build fedtrpo` first.
 *
 *     node packages/fedtrpo/scripts/fixture_folder.mjs FOLDER
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fixtureFolder } from './folder.mjs';
import * as fedtrpo from '../dist/index.js';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(fixtureFolder(fedtrpo))) writeFileSync(join(folder, name), text);
