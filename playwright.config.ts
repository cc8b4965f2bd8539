import { defineConfig } from 'playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from './tests/support/chromium.ts';

export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.e2e.ts',
  outputDir: 'test-results/e2e',
  // one whole Pulso a worker, on two cores: one at a time
  workers: 1,
  forbidOnly: true,
  timeout: 60_000,
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    locale: 'pt-BR',
    timezoneId: 'America/Sao_Paulo',
    launchOptions: { executablePath: ensureChromium(), args: CHROMIUM_ARGS },
    screenshot: 'only-on-failure'
  }
});
