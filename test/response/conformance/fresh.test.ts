import { conditionalGet, HttpResponse, StreamingHttpResponse } from "../../../src/index.ts";
import { type Case, testCases } from "./conformance.ts";

const transform = conditionalGet();
const saturday = "Sat, 01 Jan 2000 00:00:00 GMT";
const friday = "Fri, 31 Dec 1999 23:59:59 GMT";

/** An answer with these validators, through conditionalGet(). */
function tagged(etag?: string, modified?: string): Case[1] {
  return (request) => {
    const response = new StreamingHttpResponse(["body"]);
    if (etag !== undefined) response.headers.set("ETag", etag);
    if (modified !== undefined) response.headers.set("Last-Modified", modified);
    return transform(request, response);
  };
}

const noneMatch = (field: string | readonly string[]): Case[2] => ({ headers: { "If-None-Match": field } });
const since = (field: string): Case[2] => ({ headers: { "If-Modified-Since": field } });
const both = (tag: string, date: string): Case[2] => ({
  headers: { "If-None-Match": tag, "If-Modified-Since": date },
});
const fresh = { status: 304, body: "" };
const stale = { status: 200, body: "body" };

// What jshttp/fresh holds to, asked of a server.
testCases("freshness", [
  ["a request without conditions gets the body", tagged('"foo"', saturday), {}, stale],
  ["an equal tag is fresh", tagged('"foo"'), noneMatch('"foo"'), fresh],
  ["another tag is stale", tagged('"foo"'), noneMatch('"bar"'), stale],
  ["one equal tag in a list is enough", tagged('"foo"'), noneMatch('"bar" , "foo"'), fresh],
  ["a list over two lines is one list", tagged('"foo"'), noneMatch(['"bar"', '"foo"']), fresh],
  ["a list without blanks is a list", tagged('"foo"'), noneMatch('"bar","foo","baz"'), fresh],
  ["a list with empty members is a list", tagged('"foo"'), noneMatch(', ,"bar",, "foo",'), fresh],
  ["a list of others is stale", tagged('"foo"'), noneMatch('"bar", "baz", W/"qux"'), stale],
  ["without a tag of its own an answer is stale", tagged(), noneMatch('"foo"'), stale],
  ["a weak tag matches itself", tagged('W/"foo"'), noneMatch('W/"foo"'), fresh],
  ["a weak tag matches the strong one", tagged('W/"foo"'), noneMatch('"foo"'), fresh],
  ["a strong tag matches the weak one", tagged('"foo"'), noneMatch('W/"foo"'), fresh],
  ["a strong tag matches itself among weak ones", tagged('"foo"'), noneMatch('W/"bar", "foo"'), fresh],
  ["a star matches any tag", tagged('"foo"'), noneMatch("*"), fresh],
  ["a star with blanks around it matches any tag", tagged('"foo"'), noneMatch(" * "), fresh],
  ["a star among tags is not a wildcard", tagged('"foo"'), noneMatch('*, "bar"'), stale],
  ["a star in quotes is a tag", tagged('"foo"'), noneMatch('"*"'), stale],
  ["a tag without quotes matches nothing", tagged('"foo"'), noneMatch("foo"), stale],
  ["a tag without its second quote matches nothing", tagged('"foo"'), noneMatch('"foo'), stale],
  ["a tag with something before it matches nothing", tagged('"foo"'), noneMatch('x"foo"'), stale],
  ["a tag with text after it matches nothing", tagged('"foo"'), noneMatch('"foo"x'), stale],
  ["a small w does not mark a tag as weak", tagged('"foo"'), noneMatch('w/"foo"'), stale],
  ["a comma inside a tag doesn't end it", tagged('"a,b"'), noneMatch('"x", "a,b"'), fresh],
  ["half of a tag with a comma matches nothing", tagged('"b"'), noneMatch('"a,b"'), stale],
  ["a backslash in a tag is a character", tagged('"a\\"'), noneMatch('"a\\", "b"'), fresh],
  ["the empty tag is a tag", tagged('""'), noneMatch('""'), fresh],
  ["case matters in tags", tagged('"foo"'), noneMatch('"FOO"'), stale],
  ["an empty field matches nothing", tagged('"foo"'), noneMatch(""), stale],
  ["the same date is fresh", tagged(undefined, saturday), since(saturday), fresh],
  ["a later date of the request is fresh", tagged(undefined, friday), since(saturday), fresh],
  ["an earlier date of the request is stale", tagged(undefined, saturday), since(friday), stale],
  ["without a date of its own an answer is stale", tagged('"foo"'), since(saturday), stale],
  ["an invalid date of the request is stale", tagged(undefined, saturday), since("foo"), stale],
  ["an invalid date of the answer is stale", tagged(undefined, "foo"), since(saturday), stale],
  [
    "a matching tag is enough, even with a matching date",
    tagged('"foo"', saturday),
    both('"foo"', saturday),
    fresh,
  ],
  [
    "a tag that matches outweighs a date that doesn't",
    tagged('"foo"', saturday),
    both('"foo"', friday),
    fresh,
  ],
  [
    "a date that matches doesn't outweigh another tag",
    tagged('"foo"', saturday),
    both('"bar"', saturday),
    stale,
  ],
  ["neither tag nor date that match are stale", tagged('"foo"', saturday), both('"bar"', friday), stale],
  ["HEAD is judged as GET is", tagged('"foo"'), { ...noneMatch('"foo"'), method: "HEAD" }, { status: 304 }],
  ["POST isn't judged", tagged('"foo"'), { ...noneMatch('"foo"'), method: "POST" }, stale],
  [
    "a 404 isn't judged",
    (request) =>
      transform(request, new HttpResponse("none", { statusCode: 404, headers: { ETag: '"foo"' } })),
    noneMatch('"foo"'),
    { status: 404, body: "none" },
  ],
]);

const modifiedAt = (date: string): Case[1] => tagged(undefined, date);
const newYear = "Tue, 01 Jan 2019 21:34:50 GMT";

// What Django's tests of HTTP dates hold to, with RFC 9110, section 5.6.7.
testCases("dates", [
  ["the preferred form", modifiedAt(newYear), since("Tue, 01 Jan 2019 21:34:50 GMT"), fresh],
  ["the form of RFC 850", modifiedAt(newYear), since("Tuesday, 01-Jan-19 21:34:50 GMT"), fresh],
  [
    "the form of asctime, whose day has a blank",
    modifiedAt(newYear),
    since("Tue Jan  1 21:34:50 2019"),
    fresh,
  ],
  [
    "the form of asctime, whose day has two digits",
    modifiedAt("Sun, 10 Nov 2019 08:49:37 GMT"),
    since("Sun Nov 10 08:49:37 2019"),
    fresh,
  ],
  ["asctime is UTC: a second before is stale", modifiedAt(newYear), since("Tue Jan  1 21:34:49 2019"), stale],
  ["RFC 850: a second before is stale", modifiedAt(newYear), since("Tuesday, 01-Jan-19 21:34:49 GMT"), stale],
  [
    "a two-digit year of the last century",
    modifiedAt("Sun, 06 Nov 1994 08:49:37 GMT"),
    since("Sunday, 06-Nov-94 08:49:37 GMT"),
    fresh,
  ],
  [
    "a two-digit year within 50 years is of this century",
    modifiedAt("Fri, 31 Dec 2049 23:59:59 GMT"),
    since("Saturday, 01-Jan-50 00:00:00 GMT"),
    fresh,
  ],
  [
    "the answer's own date may have an obsolete form",
    modifiedAt("Sunday, 06-Nov-94 08:49:37 GMT"),
    since("Sun, 06 Nov 1994 08:49:37 GMT"),
    fresh,
  ],
  [
    "the name of the day isn't compared with the date",
    modifiedAt(newYear),
    since("Mon, 01 Jan 2019 21:34:50 GMT"),
    fresh,
  ],
  [
    "a leap second is the next minute's first",
    modifiedAt("Sun, 01 Jan 2017 00:00:00 GMT"),
    since("Sat, 31 Dec 2016 23:59:60 GMT"),
    fresh,
  ],
  [
    "the 29th of February in a leap year",
    modifiedAt("Sat, 29 Feb 2020 00:00:00 GMT"),
    since("Sat, 29 Feb 2020 00:00:00 GMT"),
    fresh,
  ],
  ...[
    ["the 29th of February in another year", "Fri, 29 Feb 2030 00:00:00 GMT"],
    ["the 31st of November", "Thu, 31 Nov 2030 00:00:00 GMT"],
    ["day 0", "Thu, 00 Nov 2030 00:00:00 GMT"],
    ["hour 24", "Fri, 01 Nov 2030 24:00:00 GMT"],
    ["minute 60", "Fri, 01 Nov 2030 00:60:00 GMT"],
    ["second 61", "Fri, 01 Nov 2030 00:00:61 GMT"],
    ["a word and a number", "foo 1"],
    ["a number", "1"],
    ["a year", "2030"],
    ["ISO 8601", "2030-01-01T00:00:00Z"],
    ["a date without a time", "2030-01-01"],
    ["an offset for GMT", "Tue, 01 Jan 2030 00:00:00 +0000"],
    ["UTC for GMT", "Tue, 01 Jan 2030 00:00:00 UTC"],
    ["no zone", "Tue, 01 Jan 2030 00:00:00"],
    ["no name of a day", "01 Jan 2030 00:00:00 GMT"],
    ["a day of one digit", "Tue, 1 Jan 2030 00:00:00 GMT"],
    ["names in small letters", "tue, 01 jan 2030 00:00:00 gmt"],
    ["a month that isn't one", "Tue, 01 Foo 2030 00:00:00 GMT"],
    ["a year of two digits in the preferred form", "Tue, 01 Jan 30 00:00:00 GMT"],
    ["a year of four digits in the form of RFC 850", "Tuesday, 01-Jan-2030 00:00:00 GMT"],
    ["asctime with a zone", "Tue Jan  1 00:00:00 2030 GMT"],
    ["text after the date", "Tue, 01 Jan 2030 00:00:00 GMT; x"],
    ["two dates", "Tue, 01 Jan 2030 00:00:00 GMT, Tue, 01 Jan 2030 00:00:00 GMT"],
    ["an empty field", ""],
  ].map(([what = "", text = ""]): Case => [
    `${what} is not a date`,
    modifiedAt(saturday),
    since(text),
    stale,
  ]),
]);
