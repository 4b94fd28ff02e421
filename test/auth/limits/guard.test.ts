import { equal, ok, throws } from 'node:assert/strict'
import { KeyEnded } from '../../../src/auth/keys.js'
import { Guard } from '../../../src/auth/limits/guard.js'
import { RequestWindows } from '../../../src/auth/limits/request-windows.js'
import { S3Error, type ErrorCode } from '../../../src/contract/errors.js'
import type { Log } from '../../../src/contract/log.js'
import type { HttpRequest } from '../../../src/contract/request.js'
import { HandClock } from '../../objects/objects.js'

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

function guardOf({ anonymousPerMinute = 100, failuresPerMinute = 5 } = {}) {
  const clock = new HandClock()
  const warnings: string[] = []
  const log = { ...quiet, warn: (_: object, message: string) => void warnings.push(message) }
  const windows = new RequestWindows(clock)
  const guard = new Guard({ clock, log, windows, anonymousPerMinute, failuresPerMinute })
  let verified = 0
  const authenticate = guard.around((request: HttpRequest) => {
    verified += 1
    const code = request.headers['x-test']
    if (code !== undefined) throw new S3Error(code as ErrorCode) // named by the tests below
    return 'authenticated'
  })
  /** The code of the refusal, or "authenticated". */
  const ask = (remoteAddress: string, key: string | undefined, refusal?: ErrorCode): string => {
    const authorization =
      key === undefined ? undefined : `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/s3/aws4_request, …`
    const headers = { authorization, 'x-test': refusal }
    try {
      return authenticate({ method: 'GET', path: '/', query: '', headers, remoteAddress, isSecure: false })
    } catch (error) {
      ok(error instanceof S3Error)
      return error.code
    }
  }
  const guess = (times: number, address = '192.0.2.1', key = 'AKIDGUESSED'): string[] =>
    Array.from({ length: times }, () => ask(address, key, 'SignatureDoesNotMatch'))
  return { guard, clock, warnings, authenticate, ask, guess, verified: () => verified }
}

describe('Guessing', () => {
  it('is answered SlowDown after some failures within a minute, without a look at the signature', () => {
    const { guess, ask, verified, warnings } = guardOf()
    equal(
      guess(5).every((code) => code === 'SignatureDoesNotMatch'),
      true,
    )
    equal(
      guess(5).every((code) => code === 'SlowDown'),
      true,
    )
    equal(ask('192.0.2.1', 'AKIDOTHER'), 'SlowDown')
    equal(verified(), 5)
    equal(warnings.length, 1)
  })

  it('is refused for longer each time, and told how long', () => {
    const { clock, guess, authenticate } = guardOf()
    const pauses: number[] = []
    for (let i = 0; i < 10; i += 1) {
      // As long as the first ones are within the last minute, one more is enough.
      equal(guess(6).at(-1), 'SlowDown')
      throws(
        () =>
          authenticate({
            method: 'GET',
            path: '/',
            query: '',
            headers: { authorization: 'x' },
            remoteAddress: '192.0.2.1',
            isSecure: false,
          }),
        (error: unknown) => {
          ok(error instanceof S3Error)
          pauses.push(Number(error.headers['Retry-After']))
          return error.status === 503
        },
      )
      clock.ms += (pauses.at(-1) ?? 0) * 1000
    }
    equal(pauses.join(' '), '10 20 40 80 160 320 640 900 900 900')
  })

  it('counts unknown keys and tokens as it does signatures, and nothing else', () => {
    const { ask } = guardOf()
    for (const code of ['AccessDenied', 'RequestTimeTooSkewed', 'InvalidRequest', 'NoSuchBucket'] as const) {
      for (let i = 0; i < 10; i += 1) equal(ask('192.0.2.1', 'AKID', code), code)
    }
    for (const code of [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidToken',
      'InvalidToken',
      'InvalidAccessKeyId',
    ] as const) {
      equal(ask('192.0.2.1', 'AKID', code), code)
    }
    equal(ask('192.0.2.1', 'AKID'), 'SlowDown')
  })

  it('is not what a disabled, expired or revoked key does, however often it is tried', () => {
    const { guard, ask } = guardOf()
    const authenticate = guard.around((request: HttpRequest) => {
      throw new KeyEnded(request.path)
    })
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDENDED/…' }
    const request = { method: 'GET', path: '/', query: '', headers, remoteAddress: '192.0.2.1', isSecure: false }
    for (let i = 0; i < 100; i += 1) throws(() => authenticate(request), { code: 'InvalidAccessKeyId' })
    equal(guard.failingCount, 0)
    equal(ask('192.0.2.1', 'AKIDOTHER'), 'authenticated')
  })

  it('from one address locks a key out for no other address', () => {
    const { guess, ask } = guardOf()
    guess(50, '192.0.2.1', 'AKIDGOOD')
    equal(ask('192.0.2.2', 'AKIDGOOD'), 'authenticated')
  })

  it('leaves a key alone that was used from the same address meanwhile, until that fails itself', () => {
    const { guess, ask } = guardOf()
    guess(2)
    equal(ask('192.0.2.1', 'AKIDGOOD'), 'authenticated')
    guess(10)
    equal(ask('192.0.2.1', 'AKIDGOOD'), 'authenticated')
    equal(ask('192.0.2.1', 'AKIDNEW'), 'SlowDown')
    equal(ask('192.0.2.1', 'AKIDGOOD', 'SignatureDoesNotMatch'), 'SignatureDoesNotMatch')
    equal(ask('192.0.2.1', 'AKIDGOOD'), 'SlowDown')
  })

  it('is counted by /64 of IPv6', () => {
    const { ask } = guardOf()
    for (let i = 0; i < 5; i += 1) ask(`2001:db8::${i}`, 'AKID', 'SignatureDoesNotMatch')
    equal(ask('2001:db8::ffff', 'AKID'), 'SlowDown')
    equal(ask('2001:db8:0:1::1', 'AKID'), 'authenticated')
  })

  it('is forgiven when failures are few, and after an hour', () => {
    const { clock, guess, ask, guard } = guardOf()
    for (let i = 0; i < 20; i += 1) {
      guess(4)
      clock.ms += 120_000
    }
    equal(ask('192.0.2.1', 'AKID'), 'authenticated')
    clock.ms += 3_600_001
    equal(ask('192.0.2.1', 'AKID'), 'authenticated')
    equal(guard.failingCount, 0)
  })

  it('takes bounded memory from however many addresses', () => {
    const { guard, ask } = guardOf()
    for (let i = 0; i < 30_000; i += 1)
      ask(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `AKID${i}`, 'InvalidAccessKeyId')
    equal(guard.failingCount, 10_000)
  })

  it('is not counted when the setting is 0', () => {
    const { guess, ask } = guardOf({ failuresPerMinute: 0 })
    guess(1000)
    equal(ask('192.0.2.1', 'AKID'), 'authenticated')
  })
})

describe('Anonymous requests', () => {
  it('are taken a hundred times a minute from an address', () => {
    const { clock, ask } = guardOf()
    const codes = Array.from({ length: 150 }, () => ask('192.0.2.1', undefined))
    equal(codes.filter((code) => code === 'authenticated').length, 100)
    equal(codes.filter((code) => code === 'SlowDown').length, 50)
    equal(ask('192.0.2.2', undefined), 'authenticated')
    equal(ask('192.0.2.1', 'AKID'), 'authenticated')
    clock.ms += 120_000
    equal(ask('192.0.2.1', undefined), 'authenticated')
  })

  it('are unlimited when the setting is 0', () => {
    const { ask } = guardOf({ anonymousPerMinute: 0 })
    for (let i = 0; i < 1000; i += 1) equal(ask('192.0.2.1', undefined), 'authenticated')
  })
})
