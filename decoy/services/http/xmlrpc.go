package http

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"strconv"
	"strings"
)

// The bounds of an XML-RPC call.
const (
	maxDepth  = 24
	maxValues = 4096
)

var errXML = errors.New("not well formed")

// rpcValue is a value of XML-RPC: a text, of whatever type, a list, or a struct.
type rpcValue struct {
	text   string
	list   []rpcValue
	fields map[string]rpcValue
}

type rpcCall struct {
	method string
	params []rpcValue
}

// parseCall reads a methodCall. It knows no entities but XML's own five, and no document type brings more. A call that is cut off has what came, and an error.
func parseCall(body []byte) (c rpcCall, err error) {
	p := rpcParser{d: xml.NewDecoder(bytes.NewReader(body))}
	p.d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	err = p.children(0, func(name string) error {
		if name != "methodCall" {
			return errXML
		}
		return p.children(1, func(name string) error {
			switch name {
			case "methodName":
				text, err := p.text()
				c.method = strings.TrimSpace(text)
				return err
			case "params":
				return p.children(2, func(string) error { // param
					return p.children(3, func(string) error { // value
						v, err := p.value(4)
						c.params = append(c.params, v)
						return err
					})
				})
			}
			return p.d.Skip()
		})
	})
	if errors.Is(err, io.EOF) && c.method != "" {
		err = nil
	}
	return c, err
}

type rpcParser struct {
	d      *xml.Decoder
	values int
}

// children calls each for each element until the end of the one that holds them.
func (p *rpcParser) children(depth int, each func(name string) error) error {
	if depth > maxDepth {
		return errXML
	}
	for {
		token, err := p.d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := each(t.Name.Local); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// text is the text up to the end of the element.
func (p *rpcParser) text() (string, error) {
	var out strings.Builder
	for {
		token, err := p.d.Token()
		if err != nil {
			return out.String(), err
		}
		switch t := token.(type) {
		case xml.CharData:
			out.Write(t)
		case xml.StartElement:
			return "", errXML
		case xml.EndElement:
			return out.String(), nil
		}
	}
}

// value reads what is in a value element, up to its end.
func (p *rpcParser) value(depth int) (v rpcValue, err error) {
	if p.values++; p.values > maxValues || depth > maxDepth {
		return v, errXML
	}
	var bare strings.Builder
	for {
		token, err := p.d.Token()
		if err != nil {
			return v, err
		}
		switch t := token.(type) {
		case xml.CharData:
			bare.Write(t)
		case xml.EndElement:
			if v.text == "" && v.list == nil && v.fields == nil {
				v.text = bare.String()
			}
			return v, nil
		case xml.StartElement:
			switch t.Name.Local {
			case "array":
				v.list = []rpcValue{}
				err = p.children(depth+1, func(string) error { // data
					return p.children(depth+2, func(string) error {
						one, err := p.value(depth + 3)
						v.list = append(v.list, one)
						return err
					})
				})
			case "struct":
				v.fields = map[string]rpcValue{}
				err = p.children(depth+1, func(string) error { // member
					var name string
					var one rpcValue
					err := p.children(depth+2, func(element string) (err error) {
						if element == "name" {
							name, err = p.text()
						} else {
							one, err = p.value(depth + 3)
						}
						return err
					})
					v.fields[name] = one
					return err
				})
			default:
				v.text, err = p.text()
			}
			if err != nil {
				return v, err
			}
		}
	}
}

// calls are the calls of a system.multicall; of any other call that one alone.
func (c rpcCall) calls() []rpcCall {
	if c.method != "system.multicall" {
		c.params = unwrapped(c.params)
		return []rpcCall{c}
	}
	var out []rpcCall
	for _, param := range c.params[:min(len(c.params), 1)] {
		for _, one := range param.list {
			out = append(out, rpcCall{one.fields["methodName"].text, unwrapped(one.fields["params"].list)})
		}
	}
	return out
}

// unwrapped are the arguments where they come as one array, as WordPress's library takes them, and the programs that guess passwords send them.
func unwrapped(params []rpcValue) []rpcValue {
	if len(params) == 1 && params[0].list != nil {
		return params[0].list
	}
	return params
}

// login is the user and the password that a call brings.
func (c rpcCall) login() (user, secret string, ok bool) {
	at := 1
	switch group, _, _ := strings.Cut(c.method, "."); {
	case c.method == "wp.getUsersBlogs" || c.method == "metaWeblog.getUsersBlogs" && len(c.params) < 3:
		at = 0
	case c.method == "blogger.getUsersBlogs" || c.method == "blogger.getUserInfo":
	case group == "blogger":
		at = 2
	case group != "wp" && group != "metaWeblog" && group != "mt":
		return "", "", false
	}
	if len(c.params) < at+2 {
		return "", "", false
	}
	return c.params[at].text, c.params[at+1].text, true
}

// The rest writes answers as WordPress's library does.

func rpcString(text string) string { return "<string>" + html.EscapeString(text) + "</string>" }

func rpcList(values []string) string {
	var out strings.Builder
	out.WriteString("<array><data>\n")
	for _, v := range values {
		out.WriteString("  <value>" + v + "</value>\n")
	}
	return out.String() + "</data></array>"
}

func rpcResponse(value string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodResponse>\n  <params>\n    <param>\n      <value>\n      " + value + "\n      </value>\n    </param>\n  </params>\n</methodResponse>\n"
}

// rpcFault is a fault; its code is 0 for none.
type rpcFault struct {
	code int
	text string
}

func (f rpcFault) response() string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<methodResponse>
  <fault>
    <value>
      <struct>
        <member>
          <name>faultCode</name>
          <value><int>` + strconv.Itoa(f.code) + `</int></value>
        </member>
        <member>
          <name>faultString</name>
          <value><string>` + html.EscapeString(f.text) + `</string></value>
        </member>
      </struct>
    </value>
  </fault>
</methodResponse>
`
}

// member is the fault among the results of a system.multicall.
func (f rpcFault) member() string {
	return "<struct>\n  <member><name>faultCode</name><value><int>" + strconv.Itoa(f.code) + "</int></value></member>\n  <member><name>faultString</name><value>" + rpcString(f.text) + "</value></member>\n</struct>"
}
