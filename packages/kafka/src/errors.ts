import { CodedError } from '@tidemark/runtime';
import { isUnknownTopic } from './topics.ts';

/** The codes of certificates that do not stand up to verification, as Node's TLS names them. */
const untrusted = /^(CERT_|UNABLE_TO_(GET|VERIFY|DECODE)_|SELF_SIGNED_CERT_|DEPTH_ZERO_|ERR_TLS_CERT_)/;

/** What the client throws as an error that an operator can look up. */
export function asCoded(error: unknown): unknown {
  if (error instanceof CodedError || !(error instanceof Error)) return error;
  if (isUnknownTopic(error))
    return new CodedError('TOPIC_MISSING', `a topic does not exist: ${error.message}`, { cause: error });
  for (const reason of causes(error)) {
    if (reason.name === 'KafkaJSSASLAuthenticationError')
      return new CodedError('KAFKA_LOGIN_REFUSED', reason.message, { cause: error });
    if ('code' in reason && untrusted.test(String(reason.code)))
      return new CodedError('KAFKA_UNTRUSTED', reason.message, { cause: error });
  }
  return new CodedError('KAFKA_UNAVAILABLE', error.message, { cause: error });
}

/** The client retries on many errors, and then wraps what it met. */
export function* causes(error: unknown): Generator<Error> {
  for (let reason = error; reason instanceof Error; reason = reason.cause) yield reason;
}
