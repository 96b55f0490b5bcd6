/** The process in which `assay doctor` tries every backend. Its last line is a list of {@link BackendFinding}. */
import { useBackend } from '../backend.js';
import { computes } from './computes.js';
import type { BackendFinding } from './self-test.js';

const findings: BackendFinding[] = [];
for (const name of ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const) {
  try {
    const { why } = await useBackend(name);
    const ok = await computes();
    findings.push({ name, ok, found: `${why.replace('asked for: ', '')}${ok ? '' : '; computes a wrong gradient'}` });
  } catch (error) {
    findings.push({ name, ok: false, found: (error as Error).message.replace('useBackend: ', '') });
  }
}
process.stdout.write(`${JSON.stringify(findings)}\n`, () => process.exit()); // Dawn's threads would keep it alive
