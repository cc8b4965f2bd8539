import { parseArgs } from 'node:util';
import { isScenarioName, SCENARIOS, type ScenarioName } from '#ingest/simulator/scenarios.ts';

export interface DemoArguments {
  readonly scenario: ScenarioName | undefined;
  readonly seed: number | undefined;
  readonly days: number | undefined;
  /** events a second */
  readonly rateMin: number;
}

export const DEFAULTS = { scenario: 'calm-day', seed: 7, days: 90, rateMin: 1 } as const;
const DAYS_MAX = 400;
const RATE_MAX = 500;

export const DEMO_USAGE = `npm run demo [-- --scenario NAME] [--seed N] [--days N] [--rate-min N]

  --scenario NAME   ${SCENARIOS.join(', ')} (default: ${DEFAULTS.scenario})
  --seed N          the same seed tells the same history (default: ${DEFAULTS.seed})
  --days N          days of history, 1 to ${DAYS_MAX} (default: ${DEFAULTS.days})
  --rate-min N      live events a second, at least, 1 to ${RATE_MAX} (default: ${DEFAULTS.rateMin}); more of them by day

Settings as for npm start; DATA_DIR defaults to ./data/demo.
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function number(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
    throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}`);
  return value;
}

/** @returns null: help was asked for. @throws UsageError */
export function readDemoArguments(words: readonly string[]): DemoArguments | null {
  const values = parse(words);
  if (values.help === true) return null;
  const { scenario } = values;
  if (scenario !== undefined && !isScenarioName(scenario))
    throw new UsageError(`--scenario: there is no ${scenario}; there are ${SCENARIOS.join(', ')}`);
  return {
    scenario,
    seed: number('seed', values.seed, 0, 2 ** 31),
    days: number('days', values.days, 1, DAYS_MAX),
    rateMin: number('rate-min', values['rate-min'], 1, RATE_MAX) ?? DEFAULTS.rateMin
  };
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    scenario: text,
    seed: text,
    days: text,
    'rate-min': text,
    help: { type: 'boolean', short: 'h' }
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
