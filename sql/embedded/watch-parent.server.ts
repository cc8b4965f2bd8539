/** How often the parent is looked at where no IPC channel tells. */
const POLL_MS = 250;

/**
 * Calls `leave` once when the process that started this one is gone, however it died (kill -9 included), so that no child
 * outlives its tree. By the IPC channel where there is one, and by the parent's id, which changes when it dies.
 * Keeps no process alive by itself.
 */
export function watchParent(leave: () => void): void {
  const parent = process.ppid;
  let left = false;
  const once = (): void => {
    if (left) return;
    left = true;
    clearInterval(timer);
    leave();
  };
  const timer = setInterval(() => {
    if (process.ppid !== parent) once();
  }, POLL_MS);
  timer.unref();
  // the parent died before this was called
  if ('connected' in process && !process.connected) return once();
  if (process.channel) {
    process.once('disconnect', once);
    process.channel.unref();
  }
}
