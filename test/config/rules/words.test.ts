import { describe, expect, test } from 'vitest'
import { credentialWords } from '../../../src/config/rules/words.ts'

const found = (...words: string[]): number[] => [...credentialWords(words)]

describe('a credential among the words', () => {
  test.each([
    [['serve', '--token=fake'], 1],
    [['--db-api-key=fake'], 0],
    [['env', 'DB_PASSWORD=fake'], 1],
    [['--client_secret=fake=fake'], 0],
    [['-v', '--password', 'fake'], 2],
    [['--API-KEY', 'fake', 'more'], 1],
    [['-passphrase', 'fake'], 1],
    [['--auth-token', '/fake'], 1],
  ])('%j', (words, index) => {
    expect(found(...words)).toEqual([index])
  })

  test('each of them is found', () => {
    expect(found('--token', 'fake', '--password=fake', '--api-key', 'fake')).toEqual([1, 2, 4])
  })
})

test.each([
  // Read from elsewhere, or told the name of it.
  ['--token-file', 'x'],
  ['--password-stdin'],
  ['--secret=prod-key'],
  ['--secret-id', 'prod/key'],
  ['-field=password', 'prod/db'],
  ['get', 'password', 'prod/db'],
  ['--password', '--verbose'],
  ['--password'],
  ['--password='],
  ['--token', '$TOKEN'],
  ['--token="${TOKEN}"'],
  // Switches, and what is counted.
  ['--ask-password', 'command'],
  ['--show-token', 'true'],
  ['--token=true'],
  ['--max-token', '4096'],
  ['--max_tokens=4096'],
  ['--page-token=2'],
  // A sentence for the agent.
  ['-p', 'explain what --token does'],
])('none in %j %j', (...words) => {
  expect(found(...words)).toEqual([])
})

test('a long word costs no more than its length', () => {
  expect(found(`${'-password'.repeat(200_000)}!=x`, '-'.repeat(1_000_000), 'x')).toEqual([])
})
