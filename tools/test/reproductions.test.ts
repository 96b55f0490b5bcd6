import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

it('an edited claim tests its own reproduction and nothing else', () => {
  const claim = 'apps/reproductions/dag-sa/src/claims/sachs.ts';
  const projects = execFileSync(
    process.execPath,
    ['node_modules/.bin/nx', 'show', 'projects', '--affected', `--files=${claim}`, '--withTarget=test', '--json'],
    {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    },
  );
  expect(JSON.parse(projects)).toEqual(['reproduce-dag-sa']);
});
