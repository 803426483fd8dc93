"""Reads the reports of CI formats as those do who get them, and prints what they say.

formats-client.py FORMAT FILE
"""
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree


def mark(path, line):
    """The word in capitals at the end of that line of the file, found from here."""
    try:
        text = open(path).read().split("\n")[line - 1]
    except OSError:
        return "no file"
    found = re.search(r"/\* ([A-Z]+) \*/$", text)
    return found.group(1) if found else "no mark"


def place(location):
    """What a reader finds who goes to a location."""
    physical = location["physicalLocation"]
    artifact = physical["artifactLocation"]
    assert artifact.get("uriBaseId") == "SRCROOT"
    path = urllib.parse.unquote(artifact["uri"])
    return mark(path, physical.get("region", {}).get("startLine", 0))


def sarif(name):
    document = json.load(open(name))
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    print(document["version"], run["invocations"][0].get("exitCode"))
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] and rule["help"]["text"]
        print(result["level"], result["ruleId"],
              *(["suppressed"] if result.get("suppressions") else []),
              *([result["baselineState"]] if "baselineState" in result else []))
        for location in result["locations"]:
            print("at", place(location))
        print(*[place(location) for location in result["relatedLocations"]])
        for flow in result.get("codeFlows", []):
            print(*[thread["id"] for thread in flow["threadFlows"]])
        assert re.fullmatch("FC[0-9]{3}-[0-9a-f]{16}", result["partialFingerprints"]["forkcheck/v1"])
        assert "](" not in result["message"]["text"]


def junit(name):
    suite = xml.etree.ElementTree.parse(name).getroot().find("testsuite")
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases)
    for key, tag in ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"):
        assert int(suite.get(key)) == len([case for case in cases if case.find(tag) is not None])
    for case in cases:
        print(case.get("classname"), "|", case.get("name"), "|",
              *[child.get("type", child.tag) for child in case])
        for failure in case.findall("failure"):
            assert "forkcheck: " in failure.text and failure.get("message")


def github(name):
    """What GitHub's runner does: properties end at the first "::" behind the command."""
    def plain(text):
        for code, character in ("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"):
            text = text.replace(code, character)
        return text

    for line in open(name):
        command, properties, message = re.fullmatch("::([a-z]+) (.*?)::(.*)\n", line).groups()
        values = [pair.split("=", 1) for pair in properties.split(",")]
        values = {key: plain(value) for key, value in values}
        print(command, values["title"], "at", mark(values["file"], int(values["line"])))
        assert values["file"] + ":" + values["line"] in plain(message)


def gitlab(name):
    for finding in json.load(open(name)):
        assert finding["description"] and len(finding["fingerprint"]) == 22
        location = finding["location"]
        print(finding["severity"], finding["check_name"], "at",
              mark(location["path"], location["lines"]["begin"]))


def html(name):
    """A page for people, which has nothing that loads or runs; it is well-formed XML, too."""
    page = xml.etree.ElementTree.parse(name).getroot()
    tags = {element.tag.split("}")[-1] for element in page.iter()}
    assert tags <= set("""html head meta title style body h1 h2 h3 h4 p b br code pre ul ol li span
        article figure figcaption details summary div table thead tbody tr th td
        svg line rect text path polygon""".split()), tags
    keys = {key for element in page.iter() for key in element.keys()}
    assert keys <= set("""lang charset http-equiv content name class id start viewBox role x y x1 x2
        y1 y2 width height rx points d text-anchor""".split()), keys
    xhtml, svg = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
    print(*[item.text for item in page.iter(xhtml + "li") if item.get("class") in ("error", "good")])
    for article in page.iter(xhtml + "article"):
        print(article.find(xhtml + "h3").find(xhtml + "span").text,
              *[rect.get("class") for rect in article.iter(svg + "rect")])


{"html": html, "sarif": sarif, "junit": junit, "github": github, "gitlab": gitlab}[sys.argv[1]](sys.argv[2])
