import { expect, test } from 'vitest'
import { cookieDomain, readDomain } from '../../src/core/domain.ts'

test.each([
  ['shop.example', 'shop.example', 'shop.example'],
  ['www.shop.example', 'www.shop.example', 'shop.example'],
  ['https://shop.example/', 'shop.example', 'shop.example'],
  ['HTTPS://WWW.Shop.Example', 'www.shop.example', 'shop.example'],
  ['http://shop.example:8080/a/b?c=d#e', 'shop.example', 'shop.example'],
  ['//shop.example', 'shop.example', 'shop.example'],
  ['.shop.example', 'shop.example', 'shop.example'],
  ['.www.shop.example', 'www.shop.example', 'shop.example'],
  ['shop.example.', 'shop.example', 'shop.example'],
  ['https://shop.example./', 'shop.example', 'shop.example'],
  ['  shop.example\n', 'shop.example', 'shop.example'],
  ['shop.example:443', 'shop.example', 'shop.example'],
  ['shop.example/path', 'shop.example', 'shop.example'],
  ['shop.example?x=1', 'shop.example', 'shop.example'],
  ['my-shop.co.uk', 'my-shop.co.uk', 'my-shop.co.uk'],
  ['xn--mller-kva.example', 'xn--mller-kva.example', 'xn--mller-kva.example'],
  ['Müller.example', 'müller.example', 'müller.example'],
  ['wwwshop.example', 'wwwshop.example', 'wwwshop.example'],
  ['www.example', 'www.example', 'www.example'], // its cookie could not be set for all of .example
  ['localhost:3000', 'localhost', 'localhost'],
  ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
])('the domain %j is read as %s, and its cookie is for %s', (given, host, cookie) => {
  expect(readDomain(given)).toBe(host)
  expect(cookieDomain(given)).toBe(cookie)
})

test.each([
  [''],
  ['.'],
  ['https://'],
  ['https:///x'],
  ['ftp://shop.example'],
  ['shop example'],
  ['shop..example'],
  ['shop'],
  ['true'],
  ['https://shop/'],
  ['localhostx'],
  ['..shop.example'],
  ['jane@shop.example'],
  ['https://jane:secret@shop.example'],
  ['shop.example, www.shop.example'],
  ['shop.example; path=/'],
  ['shop.example:port'],
  ['javascript:alert(1)'],
  [undefined],
  [null],
  [5],
  [['shop.example']],
])('%j is not a domain', (given) => {
  expect(readDomain(given)).toBeUndefined()
  expect(cookieDomain(given)).toBeUndefined()
})
