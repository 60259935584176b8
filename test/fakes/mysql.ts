/**
 * MySQL 8.4, as far as a password is set there: who is asking, and what it is told
 * (https://dev.mysql.com/doc/refman/8.4/en/alter-user.html). Its protocol is mysql2's own server.
 */
import { createServer } from 'mysql2'
import { freePort } from '../servers/free-port.ts'

export interface Mysql {
  port: number
  /** Every statement, in order. */
  statements: string[]
  stop(): Promise<void>
}

const column = (name: string): object => ({
  catalog: 'def',
  schema: '',
  table: '',
  orgTable: '',
  name,
  orgName: name,
  characterSet: 45,
  columnLength: 255,
  columnType: 253,
  flags: 0,
  decimals: 0,
})

/** @param host of every account; each user is let in, whatever the password is */
export async function fakeMysql(host = '%'): Promise<Mysql> {
  const statements: string[] = []
  let connections = 0
  const server = createServer((connection) => {
    let user = ''
    // The next question begins a count of packets of its own.
    const over = (): void => void (connection.sequenceId = 0)
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.4.6',
      connectionId: (connections += 1),
      statusFlags: 2,
      characterSet: 45,
      // All but TLS.
      capabilityFlags: 0xff_f7_ff,
      authCallback: (who: { user: string }, end: (error: null) => void) => {
        user = who.user
        end(null)
        over()
      },
    })
    const answer = (sql: string): void => {
      statements.push(sql)
      if (!sql.startsWith('SELECT')) {
        connection.writeOk()
        return over()
      }
      connection.writeTextResult(
        [{ name: `${user}@${host}`, version: '8.4.6' }],
        [column('name'), column('version')],
      )
      over()
    }
    connection.on('query', answer).on('stmt_prepare', answer)
    connection.on('error', () => {})
  })
  const port = await freePort()
  // Its types know the port alone.
  await new Promise<void>((resolve) =>
    Reflect.apply(server.listen.bind(server), undefined, [port, '127.0.0.1', resolve]),
  )
  return {
    port,
    statements,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
