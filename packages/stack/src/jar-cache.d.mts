export const pomFile: string;
export function cacheDir(env?: NodeJS.ProcessEnv): string;
export function jarDir(env?: NodeJS.ProcessEnv): string;
export function hasJars(env?: NodeJS.ProcessEnv): boolean;
