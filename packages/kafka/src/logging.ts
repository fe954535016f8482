import type { Logger } from '@tidemark/runtime';
import kafkajs, { type logCreator } from 'kafkajs';

/** Routine of a consumer that would fill the log at `info`. */
const routine = /^(Pausing fetching|Resuming fetching|Starting|Stopped|Consumer has joined)/;

/** An error that a broker answered with: thrown to whoever asked, who tries again or says so. */
const answered = /^Response /;

/** Sends the client's log lines to ours, under their own levels. */
export function clientLogger(log: Logger): logCreator {
  const { logLevel } = kafkajs;
  return () =>
    ({ level, log: { message, timestamp: _timestamp, logger: _logger, ...details }, namespace }) => {
      const line = { component: ['kafkajs', namespace].filter(Boolean).join(' '), ...details };
      // The client reports as errors what it then retries; what ends it reaches us as an exception or as CRASH.
      if (answered.test(message)) log.debug(line, message);
      else if (level === logLevel.ERROR || level === logLevel.WARN) log.warn(line, message);
      else if (level === logLevel.INFO && !routine.test(message)) log.info(line, message);
      else log.debug(line, message);
    };
}
