/** Our standard streams are the agent's too. */
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Node opens its streams on first sight, and looks at them by itself (closing any socket is enough). That
 * makes a pipe non-blocking for everybody who holds it, and puts a newly opened, non-blocking terminal
 * in the place of ours: the agent's own reads and writes then fail with EAGAIN. What stands here instead
 * opens nothing.
 */
export function leaveStreamsAlone(): void {
  for (const [fd, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    Object.defineProperty(process, name, {
      value: {
        fd,
        get isTTY() {
          return isatty(fd)
        },
        write: (text: string) => writeSync(fd, text) >= 0,
      },
    })
  }
}
