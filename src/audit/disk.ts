/** Writes and syncs that do not block the process, and an end to waiting for them. */
import { fdatasync, write } from 'node:fs'

export function synced(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))
  })
}

export async function written(fd: number, bytes: Buffer): Promise<void> {
  let rest = bytes
  while (rest.length > 0) rest = rest.subarray(await some(fd, rest))
}

function some(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

/**
 * As `work`, but rejects with `failure` where that is not done so many milliseconds after it called
 * `begin`. What it waits for cannot be called off: it goes on, and nobody hears how it ended.
 */
export function bounded<T>(
  ms: number,
  failure: () => Error,
  work: (begin: () => void) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer ??= setTimeout(() => reject(failure()), ms)
  }
  void work(begin)
    .then(resolve, reject)
    .finally(() => clearTimeout(timer))
  return promise
}
