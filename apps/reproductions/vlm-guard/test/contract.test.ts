import { contract } from '../../../../vitest.reproduction.mjs';

contract(import.meta.url);
