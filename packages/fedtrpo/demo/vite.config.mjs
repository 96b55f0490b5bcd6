import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // From source, so that nothing has to be built.
  resolve: { conditions: ['@assay-ml/source', 'module', 'browser', 'development|production'] },

  build: { target: 'es2022' },
});
