import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Rune classes run in the browser: their tests compile for the client. */
const runes = ['src/**/*.svelte.test.ts'];
const exclude = ['node_modules/**', 'build/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,ingest,sql}/**/*.test.ts'],
          exclude: [...exclude, ...runes],
          environment: 'node'
        }
      },
      {
        plugins: [svelte()],
        resolve: { conditions: ['browser'] },
        test: { name: 'runes', include: runes, exclude, environment: 'node' }
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,architecture}/**/*.test.ts'],
          exclude,
          environment: 'node',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // each file starts its own ClickHouse: two at a time is what two cores carry
          maxWorkers: 2
        }
      },
      {
        test: {
          name: 'property',
          include: ['tests/property/**/*.test.ts'],
          exclude,
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2
        }
      }
    ]
  }
});
