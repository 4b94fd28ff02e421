import { deepEqual, equal, throws } from 'node:assert/strict'
import type { Address, HttpRequest } from '../../src/contract/request.js'
import { addressOf } from '../../src/s3/address.js'

const request = (path: string, query = '', host = '127.0.0.1:9000'): HttpRequest => ({
  method: 'GET',
  path,
  query,
  headers: { host },
  remoteAddress: '127.0.0.1',
  isSecure: false,
})

const at = (path: string, host?: string, domains = ['localhost']): readonly (string | undefined)[] => {
  const { bucket, key } = addressOf(request(path, '', host), domains)
  return [bucket, key]
}

const parameters = (query: string): Address['parameters'] => addressOf(request('/b', query), []).parameters

describe('addressOf', () => {
  const paths: readonly (readonly [path: string, bucket: string | undefined, key: string | undefined])[] = [
    ['/', undefined, undefined],
    ['/b', 'b', undefined],
    ['/b/', 'b', undefined],
    ['/b/k', 'b', 'k'],
    ['/b/a%20b', 'b', 'a b'],
    ['/b/a+b', 'b', 'a+b'],
    ['/b/a%2Bb', 'b', 'a+b'],
    ['/b/a%2Fb', 'b', 'a/b'],
    ['/b//', 'b', '/'],
    ['/b//k', 'b', '/k'],
    ['/b/a//b/', 'b', 'a//b/'],
    ['/b/.', 'b', '.'],
    ['/b/..', 'b', '..'],
    ['/b/../c', 'b', '../c'],
    ['/b/%2E%2E/c', 'b', '../c'],
    ['/b/%F0%9F%98%80', 'b', '😀'],
    ['/b/%0D%0A', 'b', '\r\n'],
    ['/b/%00', 'b', '\0'],
    ['/b/%25', 'b', '%'],
    ['/b/%2525', 'b', '%25'],
    ['/b/\u00c3\u00a4', 'b', 'ä'], // raw UTF-8, as Node hands it over
    ['/%62/k', 'b', 'k'],
    ['/a%2Fb', 'a/b', undefined],
    ["/b/a=b&c;d:e@f!$'()*,", 'b', "a=b&c;d:e@f!$'()*,"],
  ]
  for (const [path, bucket, key] of paths) {
    it(`reads ${JSON.stringify(path)} as ${JSON.stringify([bucket, key])}`, () => deepEqual(at(path), [bucket, key]))
  }

  const broken = [
    '/b/%',
    '/b/%2',
    '/b/%zz',
    '/b/%ff',
    '/b/%c0%80',
    '/b/%ed%a0%80',
    '/b/%f5%80%80%80',
    '/b/\u00e4',
    '/%ff/k',
    '//b/k',
    '//',
  ]
  for (const path of broken) {
    it(`answers InvalidURI for ${JSON.stringify(path)}`, () =>
      throws(() => at(path), { name: 'InvalidURI', status: 400, members: { URI: path } }))
  }

  it('takes keys of 1,024 bytes and refuses longer ones with both sizes', () => {
    equal(at(`/b/${'k'.repeat(1024)}`)[1]?.length, 1024)
    equal(at(`/b/${'%C3%A4'.repeat(512)}`)[1]?.length, 512)
    throws(() => at(`/b/${'k'.repeat(1025)}`), {
      name: 'KeyTooLongError',
      members: { Size: '1025', MaxSizeAllowed: '1024' },
    })
    throws(() => at(`/b/${'%C3%A4'.repeat(512)}k`), {
      name: 'KeyTooLongError',
      members: { Size: '1025', MaxSizeAllowed: '1024' },
    })
  })

  const hosts: readonly (readonly [host: string, domains: string[], bucket: string, key: string | undefined])[] = [
    ['localhost', ['localhost'], 'x', 'y'],
    ['localhost:9000', ['localhost'], 'x', 'y'],
    ['LOCALHOST.', ['localhost'], 'x', 'y'],
    ['b.localhost:9000', ['localhost'], 'b', 'x/y'],
    ['B.LocalHost.:9000', ['localhost'], 'b', 'x/y'],
    ['my.bucket.localhost', ['localhost'], 'my.bucket', 'x/y'],
    ['.localhost', ['localhost'], 'x', 'y'],
    ['notlocalhost', ['localhost'], 'x', 'y'],
    ['b.example.com', ['localhost'], 'x', 'y'],
    ['b.s3.example.com', ['example.com', 's3.example.com'], 'b', 'x/y'],
    ['b.s3.example.com', ['s3.example.com', 'example.com'], 'b', 'x/y'],
    ['s3.example.com', ['example.com', 's3.example.com'], 'x', 'y'],
    ['b.example.com', ['Example.COM'], 'b', 'x/y'],
    ['127.0.0.1:9000', ['localhost'], 'x', 'y'],
    ['[::1]:9000', ['localhost'], 'x', 'y'],
    ['[::1]', ['localhost'], 'x', 'y'],
  ]
  for (const [host, domains, bucket, key] of hosts) {
    it(`reads /x/y at ${host} under ${domains.join(', ')} as ${bucket} and ${key}`, () =>
      deepEqual(at('/x/y', host, domains), [bucket, key]))
  }

  it('reads a virtual host without a key as the bucket, and "//k" there as the key "/k"', () => {
    deepEqual(at('/', 'b.localhost'), ['b', undefined])
    deepEqual(at('//k', 'b.localhost'), ['b', '/k'])
  })

  it('decodes parameters: "+" is a space, of repeated ones the first counts, none needs a value', () => {
    deepEqual(
      [...parameters('prefix=a+b%2Bc%20d&acl&prefix=second&empty=&&%61b=%C3%A4&x=a=b')],
      [
        ['prefix', 'a b+c d'],
        ['acl', ''],
        ['empty', ''],
        ['ab', 'ä'],
        ['x', 'a=b'],
      ],
    )
    equal(parameters('').size, 0)
  })

  it('answers InvalidURI for a query that is no UTF-8', () => {
    throws(() => parameters('prefix=%ff'), { name: 'InvalidURI' })
    throws(() => parameters('%zz'), { name: 'InvalidURI' })
  })
})
