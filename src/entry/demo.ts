/**
 * `npm run demo`: the whole product with a made-up wholesaler inside. 90 days of history through the ingest API, then live traffic until
 * Ctrl-C. Started again on the same folder it goes on where it was.
 */
import { Stage } from '#ingest/simulator/stage.ts';
import { writeStory, type Story } from '#ingest/simulator/story.ts';
import { DEMO_USAGE, readDemoArguments, UsageError, type DemoArguments } from './demo/arguments.ts';
import { FolderRefused, openFolder, prepareFolder } from './demo/folder.ts';
import { untilVisible } from './demo/visible.ts';
import { readPulsoEnv, type PulsoEnv } from './env.server.ts';
import { createLog } from './log.ts';
import { runPulso } from './run-pulso.ts';
import type { Pulso } from './start-pulso.ts';

/** How long the ingest service may be away (being restarted, say) before the demo gives up. */
const PATIENCE_MS = 120_000;
const PROGRESS_EVERY_MS = 1000;
const SETTINGS = {
  DATA_DIR: './data/demo',
  LOG_LEVEL: 'warn',
  PULSO_DEMO: '1',
  BUSINESS_NAME: 'Ipê Atacadista',
  BUSINESS_CURRENCY: 'BRL'
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const whole = (count: number): string => count.toLocaleString('en-US');
const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** A line that is written over where a person watches, and now and then a new one elsewhere. */
function progressLine(): (text: string, isLast?: boolean) => void {
  let toldAt = -Infinity;
  return (text, isLast = false) => {
    const now = performance.now();
    if (!isLast && now - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = now;
    process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${text}${isLast ? '\n' : ''}` : `${text}\n`);
  };
}

/** @returns when the first event was sent, as performance.now() tells it */
async function catchUp(stage: Stage): Promise<number> {
  const started = performance.now();
  const tell = progressLine();
  const tally = await stage.catchUp(({ sent }, share) => {
    const rate = Math.round((sent / (performance.now() - started)) * 1000);
    tell(`Loading: ${whole(sent)} events, ${Math.round(share * 100)} %, ${whole(rate)} events/s`);
  });
  const loaded = performance.now() - started;
  tell(
    `Loaded: ${whole(tally.stored)} events stored, ${whole(tally.duplicate)} known before, in ${seconds(loaded)} s`,
    true
  );
  return started;
}

/** The history is acknowledged long before the last of it is derived; meanwhile the tiles say what they lack. */
async function tellWhenVisible(pulso: Pulso, started: number, signal: AbortSignal): Promise<void> {
  const isVisible = await untilVisible(pulso.ingestUrl, pulso.internalToken, signal);
  say(
    isVisible
      ? `In every figure ${seconds(performance.now() - started)} s after the first event was sent.`
      : 'Not yet in every figure; the tiles say so until it is.'
  );
}

function introduce(story: Story, url: string): void {
  const wide = Math.max(...story.users.map(({ email }) => email.length));
  say(`\n  ${url}\n`);
  for (const { role, email, password } of story.users) say(`  ${role.padEnd(10)} ${email.padEnd(wide)}  ${password}`);
  say('\nLive traffic is running. Ctrl-C stops everything.');
}

async function play({ settings }: PulsoEnv, story: Story, wanted: DemoArguments, pulso: Pulso): Promise<void> {
  const leave = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => leave.abort());
  const { signal } = leave;
  try {
    const stage = new Stage(story, {
      clock: Date.now,
      target: { url: pulso.ingestUrl, key: story.ingest_key, patienceMs: PATIENCE_MS, signal, onWait: () => undefined },
      save: (changed) => writeStory(settings.DATA_DIR, changed)
    });
    const started = await catchUp(stage);
    introduce(story, pulso.url.replace('127.0.0.1', 'localhost'));
    await Promise.all([stage.live(wanted.rateMin, () => undefined), tellWhenVisible(pulso, started, signal)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function main(words: readonly string[]): Promise<void> {
  const wanted = readDemoArguments(words);
  if (wanted === null) {
    process.stdout.write(DEMO_USAGE);
    return;
  }
  const env = readPulsoEnv(SETTINGS);
  const story = openFolder(env, wanted, Date.now());
  await prepareFolder(env, story);
  say(`Pulso · Demonstração · ${story.scenario}, seed ${story.seed}, in ${env.settings.DATA_DIR}`);
  say(
    story.sent_through === 0 ? 'Starting; the first start also builds the dashboard …' : 'Starting where it was left …'
  );
  await runPulso({
    env: { ...env, inherited: { ...env.inherited, PULSO_DEMO: '1', INGEST_API_KEY: story.ingest_key } },
    log: createLog('pulso', env.settings),
    whenReady: (pulso) => play(env, story, wanted, pulso)
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof FolderRefused)) throw error;
  process.stderr.write(`${error.message}\n${error instanceof UsageError ? `\n${DEMO_USAGE}` : ''}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
