package http

import (
	"fmt"
	"html"
	"strings"

	"decnet/decoy"
)

// tomcatApp is a Tomcat as its archive brings it, with the manager open to other hosts and shut by a password.
type tomcatApp struct{ version string }

func newTomcat(h *decoy.Host) *tomcatApp {
	return &tomcatApp{decoy.Pick(h, "tomcat", "8.5.100", "9.0.65", "9.0.83", "9.0.89", "9.0.97", "10.1.24", "10.1.34")}
}

func (t *tomcatApp) prepare(add func(path, contentType, body string)) {
	add("/tomcat.css", "text/css", "body {\n    margin: 10px 20px;\n    text-align: center;\n    font-family: Arial, sans-serif;\n}\n")
	add("/tomcat.svg", "image/svg+xml", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<svg version=\"1.1\" xmlns=\"http://www.w3.org/2000/svg\" width=\"100px\" height=\"71px\" viewBox=\"0 0 100 71\"></svg>\n")
	add("/RELEASE-NOTES.txt", "text/plain", "\n                     Apache Tomcat Version "+t.version+"\n                            Release Notes\n\n\n=========\nCONTENTS:\n=========\n\n* Dependency Changes\n* API Stability\n* Bundled APIs\n")
}

const tomcatPage = "text/html;charset=UTF-8"

func (t *tomcatApp) answer(v *Server, r *request) (answer, bool) {
	switch path := r.path; {
	case (path == "/" || path == "/index.jsp") && r.method != "GET" && r.method != "HEAD" && r.method != "POST": // what a JSP says
		a := made(405, "text/html;charset=utf-8", t.errorPage(405, "JSPs only permit GET, POST or HEAD. Jasper also permits OPTIONS", tomcatDescriptions[405]))
		a.headers["Content-Language"] = "en"
		if r.method == "OPTIONS" {
			a = made(200, "", "")
		}
		a.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
		return a, true
	case path == "/" || path == "/index.jsp":
		return made(200, tomcatPage, t.index()), true
	case path == "/WEB-INF" || path == "/META-INF" || strings.HasPrefix(path, "/WEB-INF/") || strings.HasPrefix(path, "/META-INF/"):
		a := made(404, "text/html;charset=utf-8", t.errorPage(404, "", tomcatDescriptions[404]))
		a.headers["Content-Language"] = "en"
		return a, true
	case path == "/manager" || path == "/host-manager" || path == "/docs" || path == "/examples":
		return redirect(path+"/", ""), true
	case path == "/manager/" || path == "/host-manager/":
		return redirect(path+"html", tomcatPage), true
	case path == "/docs/" || strings.HasPrefix(path, "/docs/") || path == "/examples/" || strings.HasPrefix(path, "/examples/"):
		a := made(403, "text/html;charset=utf-8", t.errorPage(403, "", "The server understood the request but refuses to authorize it."))
		a.headers["Content-Language"] = "en"
		return a, true
	case strings.HasPrefix(path, "/manager/") || strings.HasPrefix(path, "/host-manager/"):
		context, name, role, old := "manager", "Manager", "manager-gui", "manager"
		roles := "      <li><tt>manager-gui</tt> - allows access to the HTML GUI and the status\n          pages</li>\n      <li><tt>manager-script</tt> - allows access to the text interface and the\n          status pages</li>\n" +
			"      <li><tt>manager-jmx</tt> - allows access to the JMX proxy and the status\n          pages</li>\n      <li><tt>manager-status</tt> - allows access to the status pages only</li>\n"
		count := "four"
		if strings.HasPrefix(path, "/host-") {
			context, name, role, old, count = "host-manager", "Host Manager", "admin-gui", "admin", "two"
			roles = "      <li><tt>admin-gui</tt> - allows access to the HTML GUI</li>\n      <li><tt>admin-script</tt> - allows access to the text interface</li>\n"
		}
		page := strings.NewReplacer("{context}", context, "{manager}", strings.ToLower(name), "{role}", role, "{old}", old, "{roles}", roles, "{count}", count).Replace(tomcat401)
		return made(401, "text/html;charset=ISO-8859-1", page, header{"Cache-Control", "private"}, header{"WWW-Authenticate", `Basic realm="Tomcat ` + name + ` Application"`}), true
	}
	return answer{}, false
}

func (t *tomcatApp) index() string {
	major, _, _ := strings.Cut(t.version, ".")
	return `


<!DOCTYPE html>
<html lang="en">
    <head>
        <meta charset="UTF-8" />
        <title>Apache Tomcat/` + t.version + `</title>
        <link href="favicon.ico" rel="icon" type="image/x-icon" />
        <link href="tomcat.css" rel="stylesheet" type="text/css" />
    </head>

    <body>
        <div id="wrapper">
            <div id="navigation" class="curved container">
                <span id="nav-home"><a href="https://tomcat.apache.org/">Home</a></span>
                <span id="nav-hosts"><a href="/docs/">Documentation</a></span>
                <span id="nav-config"><a href="/docs/config/">Configuration</a></span>
                <span id="nav-examples"><a href="/examples/">Examples</a></span>
                <br class="separator" />
            </div>
            <div id="asf-box">
                <h1>Apache Tomcat/` + t.version + `</h1>
            </div>
            <div id="upper" class="curved container">
                <div id="congrats" class="curved container">
                    <h2>If you're seeing this, you've successfully installed Tomcat. Congratulations!</h2>
                </div>
                <div id="actions">
                    <div class="button"><a class="container shadow" href="/manager/status"><span>Server Status</span></a></div>
                    <div class="button"><a class="container shadow" href="/manager/html"><span>Manager App</span></a></div>
                    <div class="button"><a class="container shadow" href="/host-manager/html"><span>Host Manager</span></a></div>
                </div>
            </div>
            <div id="lower">
                <p>Users are defined in: <code>CATALINA_HOME/conf/tomcat-users.xml</code></p>
                <p>In Tomcat ` + major + `.0 access to the manager application is split between different users.</p>
            </div>
            <p class="copyright">Copyright &copy;1999-2024 Apache Software Foundation.  All Rights Reserved</p>
        </div>
    </body>

</html>
`
}

// tomcatPlain is the whole answer to plain HTTP where TLS is spoken.
const tomcatPlain = "HTTP/1.1 400 \r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n\r\nBad Request\r\nThis combination of host and port requires TLS.\r\n"

// errorPage is Tomcat's own page. message is "" for none; the frames are those of the exception that led to it.
func (t *tomcatApp) errorPage(status int, message, description string, frames ...string) string {
	words := statusText(status)
	if status == 416 {
		words = "Range Not Satisfiable"
	}
	title, kind, exception := fmt.Sprintf("HTTP Status %d – %s", status, words), "Status Report", ""
	escaped := func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "/", "&#47;") }
	if len(frames) > 0 {
		kind = "Exception Report"
		exception = "<p><b>Exception</b></p><pre>java.lang.IllegalArgumentException: " + escaped(message) + "\n\t" + escaped(strings.Join(append(frames, tomcatFrames...), "\n\t")) +
			"\n</pre><p><b>Note</b> The full stack trace of the root cause is available in the server logs.</p>"
	}
	if message != "" {
		message = "<p><b>Message</b> " + escaped(message) + "</p>"
	}
	return `<!doctype html><html lang="en"><head><title>` + title + `</title><style type="text/css">body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;} h1 {font-size:22px;} ` +
		`h2 {font-size:16px;} h3 {font-size:14px;} p {font-size:12px;} a {color:black;} .line {height:1px;background-color:#525D76;border:none;}</style></head><body><h1>` + title +
		`</h1><hr class="line" /><p><b>Type</b> ` + kind + `</p>` + message + `<p><b>Description</b> ` + description + `</p>` + exception + `<hr class="line" /><h3>Apache Tomcat/` + t.version + `</h3></body></html>`
}

// tomcatFrames are the lower frames of the traces that Tomcat shows to whoever sends what it does not understand; their lines are 10.1's.
var tomcatFrames = []string{
	"org.apache.coyote.AbstractProcessorLight.process(AbstractProcessorLight.java:71)",
	"org.apache.coyote.AbstractProtocol$ConnectionHandler.process(AbstractProtocol.java:1307)",
	"org.apache.tomcat.util.net.NioEndpoint$SocketProcessor.doRun(NioEndpoint.java:2197)",
	"org.apache.tomcat.util.net.SocketProcessorBase.run(SocketProcessorBase.java:74)",
	"org.apache.tomcat.util.threads.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:976)",
	"org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:494)",
	"org.apache.tomcat.util.threads.TaskThread$WrappingRunnable.run(TaskThread.java:80)",
	"java.base/java.lang.Thread.run(Thread.java:840)",
}

// lineFrames are those above them when the first line was read, up to that line of the source.
func lineFrames(line int) []string {
	return []string{fmt.Sprintf("org.apache.coyote.http11.Http11InputBuffer.parseRequestLine(Http11InputBuffer.java:%d)", line), "org.apache.coyote.http11.Http11Processor.service(Http11Processor.java:281)"}
}

// notInTargets are the characters that Tomcat takes in no target, besides those that are no ASCII.
const notInTargets = "\"#<>\\^`{|}"

// printable is what Tomcat shows of a request from its n-th word on: up to the space behind the character that it did not expect, or all that has come.
func printable(raw string, word int, expected func(c byte) bool) string {
	raw = strings.TrimLeft(raw, "\r\n")
	for range word {
		_, raw, _ = strings.Cut(raw, " ")
	}
	at := 0
	for at < len(raw) && expected(raw[at]) {
		at++
	}
	end := "..."
	if i := strings.IndexByte(raw[min(at+1, len(raw)):], ' '); i >= 0 {
		raw, end = raw[:at+1+i+1], ""
	}
	var out strings.Builder
	for i := range len(raw) {
		if c := raw[i]; c < ' ' || c > '~' {
			fmt.Fprintf(&out, "0x%02x", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String() + end
}

// tomcatDescriptions are what Tomcat says of each status.
var tomcatDescriptions = map[int]string{
	400: "The server cannot or will not process the request due to something that is perceived to be a client error (e.g., malformed request syntax, invalid request message framing, or deceptive request routing).",
	403: "The server understood the request but refuses to authorize it.",
	404: "The origin server did not find a current representation for the target resource or is not willing to disclose that one exists.",
	416: "None of the ranges in the request's Range header field overlap the current extent of the selected resource or that the set of ranges requested has been rejected due to invalid ranges or an excessive request of small or overlapping ranges.",
	417: "The expectation given in the request's Expect header field could not be met by at least one of the inbound servers.",
	405: "The method received in the request-line is known by the origin server but not supported by the target resource.",
	501: "The server does not support the functionality required to fulfill the request.",
	505: "The server does not support, or refuses to support, the major version of HTTP that was used in the request message.",
}

func (t *tomcatApp) failure(status int, why reason, r *request) string {
	message, frames := "", []string(nil)
	switch status {
	case 404:
		path, _, _ := strings.Cut(r.target, "?") // as it came
		message = "The requested resource [" + clip(path, 1024) + "] is not available"
	case 405:
		if r.method == "TRACE" {
			message = "TRACE method is not allowed"
		}
	case 501:
		switch r.method {
		case "POST", "GET", "HEAD": // for its coding
		case "CONNECT":
			message = "HTTP requests using the CONNECT method are not supported"
		default:
			message = "Method [" + clip(r.method, 64) + "] is not implemented by this Servlet for this URI"
		}
	case 400:
		message, frames = tomcatMisunderstands(why, r)
	}
	description := tomcatDescriptions[status]
	if description == "" {
		description = "The server encountered an unexpected condition that prevented it from fulfilling the request."
	}
	return t.errorPage(status, message, description, frames...)
}

// tomcatMisunderstands is what Tomcat says of a request that is none, and, where it had an exception of it, what it shows of that.
func tomcatMisunderstands(why reason, r *request) (message string, frames []string) {
	switch why {
	case badMethod:
		return "Invalid character found in method name [" + printable(r.raw, 0, func(c byte) bool { return isToken(string(rune(c))) }) + "]. HTTP method names must be tokens", lineFrames(410)
	case badTarget:
		return "Invalid character found in the request target [" + printable(r.raw, 1, func(c byte) bool { return c > ' ' && c < 0x7f && strings.IndexByte(notInTargets, c) < 0 }) +
			"]. The valid characters are defined in RFC 7230 and RFC 3986", lineFrames(493)
	case badProtocol:
		return "Invalid character found in the HTTP protocol [" + printable(r.raw, 2, func(c byte) bool { return strings.IndexByte("HTP/.0123456789", c) >= 0 }) + "]", lineFrames(561)
	case bigHead:
		return "Request header is too large", append([]string{"org.apache.coyote.http11.Http11InputBuffer.fill(Http11InputBuffer.java:773)"}, lineFrames(445)...)
	case badPath:
		return "Invalid URI", nil
	case badEscape:
		return "Invalid URI: [The hexadecimal encoding is invalid]", nil
	case escapedSlash:
		return "Invalid URI: [The encoded slash character is not allowed]", nil
	}
	return "", nil
}

const tomcat401 = `<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html>
 <head>
  <title>401 Unauthorized</title>
  <style type="text/css">
    <!--
    BODY {font-family:Tahoma,Arial,sans-serif;color:black;background-color:white;font-size:12px;}
    H1 {font-family:Tahoma,Arial,sans-serif;color:white;background-color:#525D76;font-size:22px;}
    PRE, TT {border: 1px dotted #525D76}
    A {color : black;}A.name {color : black;}
    -->
  </style>
  <link href="/{context}/images/favicon.ico" rel="icon" type="image/x-icon" />
 </head>
 <body>
   <h1>401 Unauthorized</h1>
   <p>
    You are not authorized to view this page. If you have not changed
    any configuration files, please examine the file
    <tt>conf/tomcat-users.xml</tt> in your installation. That
    file must contain the credentials to let you use this webapp.
   </p>
   <p>
    For example, to add the <tt>{role}</tt> role to a user named
    <tt>tomcat</tt> with a password of <tt>s3cret</tt>, add the following to the
    config file listed above.
   </p>
<pre>
&lt;role rolename="{role}"/&gt;
&lt;user username="tomcat" password="s3cret" roles="{role}"/&gt;
</pre>
   <p>
    Note that for Tomcat 7 onwards, the roles required to use the {manager}
    application were changed from the single <tt>{old}</tt> role to the
    following {count} roles. You will need to assign the role(s) required for
    the functionality you wish to access.
   </p>
    <ul>
{roles}    </ul>
 </body>

</html>
`
