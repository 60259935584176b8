/** What our caller had open beside the standard streams is nobody's here: not ours, not an agent's. */
import { closeSync, readdirSync, readFileSync } from 'node:fs'
import { errnoOf } from '../errors.ts'

/** open(2), as proc(5) `fdinfo` prints it. */
const O_CLOEXEC = 0o2000000

/**
 * Closes every inherited descriptor above 2. What Node opens is closed by the kernel on exec and so
 * carries O_CLOEXEC; what came through our own exec cannot. Node's spawn takes care of the first few
 * only: it stops at the first number above 15 that is free.
 *
 * A channel of `child_process.fork` is Node's too, from then on, and low enough for its spawn.
 */
export function closeInherited(): void {
  if (process.platform !== 'linux') return
  const channel: unknown = process.channel && Reflect.get(process.channel, 'fd')
  for (const fd of inherited()) if (fd !== channel) closeSync(fd)
}

function inherited(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd))
}

function closesOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'),
    )?.[1]
    return (Number.parseInt(flags ?? '', 8) & O_CLOEXEC) !== 0
  } catch (error) {
    // The one that the list itself was read from.
    if (errnoOf(error) === 'ENOENT') return true
    throw error
  }
}
