export { type AdminServer, listen, startAdmin } from './admin.ts';
export { catalogue, type ErrorCode } from './catalogue.ts';
export { CodedError, exitCodeOf, exitCodes, isCoded } from './errors.ts';
export { createLogger, type Logger, silentLogger } from './logger.ts';
export { Readiness, type ServiceState, serviceStates } from './readiness.ts';
export type { App, ServiceContext } from './service.ts';
export {
  duration,
  flag,
  integer,
  list,
  loadSettings,
  maskSettings,
  port,
  readSettingFile,
  type SettingsSchema,
  serviceSettings,
} from './settings.ts';
export { onStopRequest } from './stop-request.ts';
export { type WaitOptions, waitFor } from './waiting.ts';
