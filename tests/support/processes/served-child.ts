/** A child as the supervisor expects one: answers on PORT, ends on SIGTERM and with its parent. MODE makes it worse. */
import { createServer } from 'node:http';
import { watchParent } from '#sql/embedded/watch-parent.server.ts';

const { PORT, MODE } = process.env;
if (MODE === 'refuses') process.exit(3);
const server = createServer((_request, answer) => answer.end(String(process.pid)));
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => {
  if (MODE !== 'deaf') process.exit(0);
});
watchParent(() => process.exit(0));
