import nx from '@nx/eslint-plugin';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/** Who may import whom: design §1. A paper's package takes the user's model and data, so it never sees claims or datasets. */
const layers = [
  { sourceTag: 'layer:numerics', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:foundation', onlyDependOnLibsWithTags: ['layer:numerics', 'layer:foundation'] },
  {
    sourceTag: 'layer:paper',
    onlyDependOnLibsWithTags: ['scope:numerics', 'scope:tensors', 'scope:networks', 'scope:federated'],
  },
  // A reproduction composes packages into a paper's experiments; the command line imports it, never the other way round.
  {
    sourceTag: 'layer:reproduction',
    onlyDependOnLibsWithTags: ['layer:numerics', 'layer:foundation', 'layer:paper'],
  },
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['layer:numerics', 'layer:foundation', 'layer:paper'] },
  { sourceTag: 'layer:tools', onlyDependOnLibsWithTags: ['*'] },
  // Among the foundation only networks builds on another of them.
  { sourceTag: 'scope:tensors', onlyDependOnLibsWithTags: ['layer:numerics'] },
  { sourceTag: 'scope:networks', onlyDependOnLibsWithTags: ['layer:numerics', 'scope:tensors'] },
  { sourceTag: 'scope:datasets', onlyDependOnLibsWithTags: ['layer:numerics'] },
  { sourceTag: 'scope:federated', onlyDependOnLibsWithTags: ['layer:numerics'] },
  { sourceTag: 'scope:claims', onlyDependOnLibsWithTags: ['layer:numerics'] },
];

/** The rule of layers. */
const boundaries = {
  enforceBuildableLibDependency: true,
  // Of tests and scripts.
  allow: [
    '../../vitest.chromium.mjs',
    '../../../vitest.chromium.mjs',
    '../../../vitest.linear.mjs',
    '../../../vitest.readme.mjs',
    '../../../assemble.mjs',
    '../../../../vitest.reproduction.mjs',
  ],
  depConstraints: layers,
  // The command line loads it when a command needs it; cells and the set-up of native TensorFlow always do.
  // Benchmarks load the engine so: an older version that they are compared with has none.
  checkDynamicDependenciesExceptions: ['@assay-ml/tensors', '@assay-ml/numerics'],
};

/** A command line that trains on a text reads it as datasets does; the package itself takes tokens. */
const ofCommandLines = {
  ...boundaries,
  depConstraints: layers.map((layer) =>
    layer.sourceTag === 'layer:paper'
      ? { ...layer, onlyDependOnLibsWithTags: [...layer.onlyDependOnLibsWithTags, 'scope:datasets'] }
      : layer,
  ),
};

/** Randomness is a key and time is not an input (design §3). */
const noHiddenState = [
  { object: 'Math', property: 'random', message: "Draw from a keyed stream: stream(seed, 'name')." },
  { object: 'tf', property: 'randomNormal', message: 'Draw from a keyed stream and make a tensor of it.' },
  { object: 'tf', property: 'randomUniform', message: 'Draw from a keyed stream and make a tensor of it.' },
  { object: 'tf', property: 'multinomial', message: 'Draw from a keyed stream and make a tensor of it.' },
];

const onlyGateway = {
  selector: 'Literal[value=/^koffi$/]',
  message: 'Native code is called through packages/numerics/src/engine-gateway.ts, which checks every operand.',
};

/** What ECMAScript leaves to the engine, and two versions of one engine round differently: no result may depend on it. */
const sameBits = "Engines round it differently. Use `scalar`, or the functions of arrays, of '@assay-ml/numerics'.";
const ofTheEngine =
  'acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10 log1p log2 pow sin sinh tan tanh'
    .split(' ')
    .map((property) => ({ object: 'Math', property, message: sameBits }));
const powers = [
  // Exact everywhere: squares, roots, 2 to the power of an integer.
  {
    selector: "BinaryExpression[operator='**']:not([right.value=2], [right.value=0.5], [left.value=2])",
    message: sameBits,
  },
  { selector: "AssignmentExpression[operator='**=']", message: sameBits },
  { selector: "VariableDeclarator[init.name='Math']", message: 'Name what is used: Math.sqrt.' },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/out-tsc',
      '**/node_modules',
      '**/results',
      'docs/api',
      '.nx',
      '**/assembly/**',
      '**/*.wasm.ts',
      '**/vitest.config.mjs',
    ],
  },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts', '**/*.js', '**/*.mjs'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', boundaries],
      '@typescript-eslint/no-non-null-assertion': 'off', // typed arrays in hot loops: x[i]!
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/unified-signatures': 'off',
      'no-restricted-properties': ['error', ...noHiddenState],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': ['error', onlyGateway],
    },
  },
  {
    files: ['packages/*/src/cli/**/*.ts', 'packages/*/demo/**/*.ts', 'packages/*/test/demo.test.ts'],
    rules: { '@nx/enforce-module-boundaries': ['error', ofCommandLines] },
  },
  {
    // What cells compute and claims judge.
    files: ['packages/*/src/**/*.ts', 'apps/reproductions/*/src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...noHiddenState, ...ofTheEngine],
      'no-restricted-syntax': ['error', onlyGateway, ...powers],
    },
  },
  {
    // The set-up of the BLAS looks whether it is there.
    files: ['packages/numerics/src/engine-gateway.ts', 'packages/tensors/src/setup/set-up-blas.ts'],
    rules: { 'no-restricted-syntax': ['error', ...powers] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: true },
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
        },
      ],
      'no-restricted-globals': ['error', { name: 'Date', message: 'A method is a pure function of its inputs.' }],
    },
  },
  { files: ['packages/claims/**', 'packages/datasets/**'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['apps/**', 'benchmarks/**', 'tools/**', 'packages/*/scripts/**'], rules: { 'no-console': 'off' } },
);
