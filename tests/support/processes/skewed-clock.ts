/**
 * Preloaded into a process (`node --import`): its clock goes wrong by as many ms as the file named in CLOCK_FILE says, and follows the
 * file. Timers and performance.now() stay as they are, as with a real clock that is set.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;
const file = String(process.env.CLOCK_FILE);
const right = Date.now.bind(Date);
let offsetMs = 0;

const look = (): void => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // on a full disk the file may be empty for a moment: the clock stays as it was
  }
};
look();
setInterval(look, LOOK_EVERY_MS).unref();
Date.now = () => right() + offsetMs;
