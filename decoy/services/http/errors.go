package http

import (
	"fmt"
	"html"
	"strings"
)

// reasons are the words of each status, where the servers agree; those of nginx and Apache differ for some.
var reasons = map[int]string{
	200: "OK", 302: "Found", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	413: "Request Entity Too Large", 414: "Request-URI Too Long", 416: "Requested Range Not Satisfiable", 501: "Not Implemented", 505: "HTTP Version Not Supported",
}

func (p product) reason(status int) string {
	if p.family == nginx {
		switch status {
		case 302:
			return "Moved Temporarily"
		case 401:
			return "Unauthorized"
		case 405:
			return "Not Allowed"
		case 414:
			return "Request-URI Too Large"
		}
	}
	if p.family == lighttpd && status == 416 {
		return "Range Not Satisfiable"
	}
	if p.family == iis && status == 414 {
		return "URI Too Long"
	}
	if p.family == tomcat {
		return "" // it has none since 8.5
	}
	if text := reasons[status]; text != "" {
		return text
	}
	return statusText(status)
}

// errorPage returns the server's own page for a status and its content type.
func (v *Server) errorPage(status int, why reason, r *request, address string) (body, contentType string) {
	p := v.product
	switch p.family {
	case apache:
		return p.apachePage(status, why, r, address), "text/html; charset=iso-8859-1"
	case lighttpd:
		return p.lighttpdPage(status), "text/html"
	case iis:
		return p.iisPage(status, why)
	case tomcat:
		if t, ok := v.app.(*tomcatApp); ok {
			return t.failure(status, why, r), "text/html;charset=utf-8"
		}
		return "", ""
	case jetty:
		if j, ok := v.app.(*jenkinsApp); ok && status != 400 && status < 413 {
			return j.errorPage(status, statusText(status), r.path), "text/html;charset=iso-8859-1"
		}
		return fmt.Sprintf("<h1>Bad Message %d</h1><pre>reason: %s</pre>", status, statusText(status)), "text/html;charset=iso-8859-1"
	case cisco:
		return fmt.Sprintf("%d %s\n\n", status, p.reason(status)), ""
	default:
		return p.nginxPage(status, why, r.get("User-Agent")), "text/html"
	}
}

func (p product) nginxPage(status int, why reason, agent string) string {
	title := fmt.Sprintf("%d %s", status, p.reason(status))
	heading, detail := title, ""
	if status == 401 {
		title = "401 Authorization Required"
		heading = title
	}
	if status == 400 && why == bigHead {
		title, detail = "400 Request Header Or Cookie Too Large", "<center>Request Header Or Cookie Too Large</center>\r\n"
	}
	if why == plainOnTLS {
		title, detail = "400 The plain HTTP request was sent to HTTPS port", "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
	}
	page := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + heading + "</h1></center>\r\n" + detail +
		"<hr><center>" + p.banner + "</center>\r\n</body>\r\n</html>\r\n"
	// nginx's remedy for browsers that put their own page in place of a short one.
	if status >= 400 && (strings.Contains(agent, "Chrome/") || strings.Contains(agent, "MSIE ") && !strings.Contains(agent, "Opera")) {
		page += strings.Repeat("<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n", 6)
	}
	return page
}

func (p product) apachePage(status int, why reason, r *request, address string) string {
	var text string
	paragraph := "<p>%[3]s</p>\n"
	switch status {
	case 301, 302, 303, 307, 308:
		text = "The document has moved <a href=\"{location}\">here</a>."
	case 410:
		text = "The requested resource<br />is no longer available on this server and there is no forwarding address.\nPlease remove all references to this resource."
	case 503:
		text = "The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later."
	case 400:
		text = "Your browser sent a request that this server could not understand.<br />\n"
		switch why {
		case plainOnTLS:
			text += "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme to access this URL, please.<br />\n"
		case bigHead:
			text += "Size of a request header field exceeds server limit."
		case manyHeaders:
			text += "The number of request header fields exceeds this server's limit."
		}
	case 401:
		text = "This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\n" +
			"browser doesn't understand how to supply\nthe credentials required."
	case 403:
		text = "You don't have permission to access this resource."
		if p.echoesURL {
			text = "You don't have permission to access " + html.EscapeString(r.path) + "\non this server."
		}
	case 404:
		text = "The requested URL was not found on this server."
		if p.echoesURL {
			text = "The requested URL " + html.EscapeString(r.path) + " was not found on this server."
		}
	case 405:
		text = "The requested method " + html.EscapeString(r.method) + " is not allowed for this URL."
	case 408:
		text = "Server timeout waiting for the HTTP request from the client."
	case 413:
		paragraph = "%[3]s"
		text = "The requested resource does not allow request data with " + html.EscapeString(r.method) +
			" requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n"
	case 416:
		text = "None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource."
	case 417:
		text = "The expectation given in the Expect request-header\nfield could not be met by this server.\nThe client sent<pre>\n    Expect: " + html.EscapeString(clip(r.get("Expect"), 512)) +
			"\n</pre>\n</p><p>Only the 100-continue expectation is supported."
	case 414:
		text = "The requested URL's length exceeds the capacity\nlimit for this server.<br />\n"
	case 501:
		text = html.EscapeString(r.method) + " not supported for current URL.<br />\n"
	default:
		text = "The server encountered an internal error or\nmisconfiguration and was unable to complete\nyour request."
	}
	page := fmt.Sprintf("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>%d %s</title>\n</head><body>\n<h1>%[2]s</h1>\n"+paragraph,
		status, p.reason(status), text)
	if p.signature {
		page += "<hr>\n<address>" + p.banner + " Server at " + html.EscapeString(address) + "</address>\n"
	}
	return page + "</body></html>\n"
}

func (p product) lighttpdPage(status int) string {
	title := fmt.Sprintf("%d %s", status, p.reason(status))
	if p.banner == "lighttpd/1.4.45" {
		title = fmt.Sprintf("%d - %s", status, p.reason(status))
	}
	return `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>` + title + `</title>
 </head>
 <body>
  <h1>` + title + `</h1>
 </body>
</html>
`
}

// kernelPage tells whether a status comes from http.sys, the part of Windows before IIS, which names itself.
func kernelPage(status int) bool {
	return status == 400 || status == 413 || status == 414 || status == 501 || status == 505
}

func (p product) iisPage(status int, why reason) (body, contentType string) {
	if kernelPage(status) {
		title, heading, text := "Bad Request", "Bad Request - Invalid URL", "HTTP Error 400. The request URL is invalid."
		switch {
		case status == 414:
			title, heading, text = "Request URI Too Long", "Request URI Too Long", "HTTP Error 414. The request URL is too long."
		case status == 413:
			title, heading, text = "Request Entity Too Large", "Request Entity Too Large", "HTTP Error 413. The request entity is too large."
		case status == 501:
			title, heading, text = "Not Implemented", "Not Implemented", "HTTP Error 501. The request transfer encoding type is not supported."
		case status == 505:
			title, heading, text = "Version Not Supported", "Version Not Supported", "HTTP Error 505. The requested HTTP version is not supported."
		case why == badMethod:
			heading, text = "Bad Request - Invalid Verb", "HTTP Error 400. The request verb is invalid."
		case why == badHost:
			heading, text = "Bad Request - Invalid Hostname", "HTTP Error 400. The request hostname is invalid."
		case why == bigHead:
			heading, text = "Bad Request - Request Too Long", "HTTP Error 400. The size of the request headers is too long."
		}
		return "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n<HTML><HEAD><TITLE>" + title +
			"</TITLE>\r\n<META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>\r\n<BODY><h2>" + heading + "</h2>\r\n<hr><p>" + text +
			"</p>\r\n</BODY></HTML>\r\n", "text/html; charset=us-ascii"
	}
	title, text := "404 - File or directory not found.", "The resource you are looking for might have been removed, had its name changed, or is temporarily unavailable."
	switch status {
	case 401:
		title = "401 - Unauthorized: Access is denied due to invalid credentials."
		text = "You do not have permission to view this directory or page using the credentials that you supplied."
	case 403:
		title, text = "403 - Forbidden: Access is denied.", "You do not have permission to view this directory or page using the credentials that you supplied."
	case 405:
		title = "405 - HTTP verb used to access this page is not allowed."
		text = "The page you are looking for cannot be displayed because an invalid method (HTTP verb) was used to attempt access."
	}
	return strings.ReplaceAll(strings.NewReplacer("{title}", title, "{text}", text).Replace(iisError), "\n", "\r\n"), "text/html"
}

const iisError = `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/>
<title>{title}</title>
<style type="text/css">
<!--
body{margin:0;font-size:.7em;font-family:Verdana, Arial, Helvetica, sans-serif;background:#EEEEEE;}
fieldset{padding:0 15px 10px 15px;} 
h1{font-size:2.4em;margin:0;color:#FFF;}
h2{font-size:1.7em;margin:0;color:#CC0000;} 
h3{font-size:1.2em;margin:10px 0 0 0;color:#000000;} 
#header{width:96%;margin:0 0 0 0;padding:6px 2% 6px 2%;font-family:"trebuchet MS", Verdana, sans-serif;color:#FFF;
background-color:#555555;}
#content{margin:0 0 0 2%;position:relative;}
.content-container{background:#FFF;width:96%;margin-top:8px;padding:10px;position:relative;}
-->
</style>
</head>
<body>
<div id="header"><h1>Server Error</h1></div>
<div id="content">
 <div class="content-container"><fieldset>
  <h2>{title}</h2>
  <h3>{text}</h3>
 </fieldset></div>
</div>
</body>
</html>
`
