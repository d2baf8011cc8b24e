import{a as e,d as t,f as n,g as r,h as i,l as a,m as o,n as s,t as c,u as l,y as u}from"./Page-CUZ1G3Ci.js";var d=u(r(),1),f=t();function p({action:e,journal:t,onClose:n}){let r=(0,f.jsx)(`button`,{type:`button`,onClick:n,"aria-label":`Close this message`,children:`×`});return e.problem===null?(0,f.jsxs)(`div`,{role:`status`,className:`notice`,children:[(0,f.jsxs)(`span`,{children:[e.label,`: `,m(e,t)]}),r]}):(0,f.jsxs)(`div`,{role:`alert`,className:`notice problem`,children:[(0,f.jsxs)(`span`,{children:[e.label,`: `,e.problem]}),r]})}function m({lifecycleIds:e},{entries:t}){if(!e)return`asking…`;if(e.length===0)return`accepted; there was nothing to do`;let[n]=e,r=e.length===1&&n!==void 0&&t.get(n)?.lifecycle;if(r)return[r.status.toLowerCase(),r.error?.message??r.stage].filter(Boolean).join(`: `);let i=new Map;for(let n of e){let e=t.get(n)?.lifecycle.status.toLowerCase()??`accepted`;i.set(e,(i.get(e)??0)+1)}return[...i].map(([e,t])=>`${t} ${e}`).join(`, `)}function h({question:e,warning:t,yes:n,onYes:r,onClose:i}){let a=(0,d.useRef)(null);return(0,d.useEffect)(()=>a.current?.showModal(),[]),(0,f.jsxs)(`dialog`,{ref:a,"aria-labelledby":`question`,onClose:i,children:[(0,f.jsx)(`h2`,{id:`question`,children:e}),(0,f.jsx)(`p`,{children:t}),(0,f.jsxs)(`form`,{method:`dialog`,className:`actions`,children:[(0,f.jsx)(`button`,{type:`submit`,autoFocus:!0,children:`Cancel`}),(0,f.jsx)(`button`,{type:`submit`,className:`danger`,onClick:r,children:n})]})]})}var g=new Intl.DateTimeFormat(void 0,{dateStyle:`medium`,timeStyle:`medium`}),_=new Intl.DateTimeFormat(void 0,{timeStyle:`medium`});function v({at:e}){let t=new Date(e),n=t.toDateString()===new Date().toDateString();return(0,f.jsx)(`time`,{dateTime:e,title:g.format(t),children:(n?_:g).format(t)})}var y=()=>()=>{};function b({live:e}){let{state:t}=(0,d.useSyncExternalStore)(e?.onChange??y,e?.get??(()=>l));return(0,f.jsxs)(`p`,{role:`status`,className:`connection ${t.kind}`,"data-connection":t.kind,children:[t.kind===`connecting`&&`Connecting…`,t.kind===`live`&&`Live`,t.kind===`reconnecting`&&(0,f.jsxs)(f.Fragment,{children:[`Reconnecting: what you see is from before `,(0,f.jsx)(v,{at:new Date(t.since).toISOString()}),`. `,t.reason]})]})}function x(e,t){switch(t.type){case`seen`:{let n=new Map(e);for(let e of t.deckies)n.set(e.id,e);return n}case`listed`:{let n=[...e.keys()].filter(e=>t.before.has(e)&&!t.ids.has(e));if(n.length===0)return e;let r=new Map(e);return n.forEach(e=>r.delete(e)),r}}}var S=new Intl.Collator(`en`,{numeric:!0});function ee(e){return[...e.values()].sort((e,t)=>S.compare(e.deployment.name,t.deployment.name)||S.compare(e.name,t.name))}function te({services:e,observedServices:t}){let n=new Set(e),r=new Set(t);return[...new Set([...e,...t])].sort().map(e=>({slug:e,standing:r.has(e)?n.has(e)?`confirmed`:`going`:`coming`}))}var ne={entries:new Map,missed:!1},C=({status:e})=>e!==`PENDING`&&e!==`RUNNING`;function w(e,t){switch(t.type){case`expired`:return{...e,missed:!0};case`history`:{let n=new Map(e.entries);for(let e of t.lifecycles)T(n,e);return{...e,entries:E(n)}}case`events`:{let n=new Map(e.entries);for(let e of t.events){let{seq:t,status:r,stage:i,attempt:a,at:o}=e,s=T(n,e.lifecycle),c=s.steps.at(-1)?.seq;c!==void 0&&t<=c||n.set(e.lifecycle.id,{...s,steps:[...s.steps,{seq:t,status:r,stage:i,attempt:a,at:o}],hole:s.hole||c!==void 0&&t>c+1})}return{...e,entries:E(n)}}}}function T(e,t){let n=e.get(t.id),r=n?C(n.lifecycle)&&!C(t)?n:{...n,lifecycle:t}:{lifecycle:t,steps:[],hole:!1};return e.set(t.id,r),r}function E(e){let t=[...e].sort(([,e],[,t])=>Date.parse(e.lifecycle.createdAt)-Date.parse(t.lifecycle.createdAt));return new Map(t.slice(-100))}var D=(e,t)=>`${e}/${t}`;function re(e){let t=new Map;for(let n of e.entries.values())t.set(D(n.lifecycle.deploymentName,n.lifecycle.deckyName),n);return t}function O({of:e}){return(0,f.jsx)(`span`,{className:`badge ${e.toLowerCase()}`,children:e.toLowerCase()})}function k({entry:{lifecycle:e,steps:t,hole:n}}){return(0,f.jsxs)(f.Fragment,{children:[t.length===0&&(0,f.jsx)(`p`,{className:`faint`,children:e.stage??`Its steps were told before this page was opened.`}),t.length>0&&(0,f.jsx)(`ol`,{className:`steps`,children:t.map(e=>(0,f.jsxs)(`li`,{value:e.seq,children:[(0,f.jsx)(v,{at:e.at}),` `,e.status.toLowerCase(),e.stage&&`: ${e.stage}`,e.attempt>1&&` (attempt ${e.attempt})`]},e.seq))}),n&&(0,f.jsx)(`p`,{className:`problem`,children:`Steps are missing here: reload the page.`}),e.error&&(0,f.jsxs)(`div`,{className:`problem`,children:[(0,f.jsxs)(`p`,{children:[e.error.code,`: `,e.error.message]}),e.error.detail&&(0,f.jsx)(`pre`,{children:e.error.detail})]})]})}var A={confirmed:``,coming:` (wanted, not yet confirmed)`,going:` (still there, no longer wanted)`},j=(0,d.memo)(function({decky:e,latest:t,followed:n,onMutate:r,onTeardown:i}){let a=e.generation===e.observedGeneration;return(0,f.jsxs)(`tr`,{"data-decky":e.name,children:[(0,f.jsxs)(`th`,{scope:`row`,children:[e.name,(0,f.jsxs)(`div`,{className:`faint`,children:[e.hostname,e.archetype&&` · ${e.archetype}`]})]}),(0,f.jsx)(`td`,{children:(0,f.jsx)(O,{of:e.state})}),(0,f.jsx)(`td`,{children:(0,f.jsx)(`ul`,{className:`chips`,children:te(e).map(({slug:e,standing:t})=>(0,f.jsxs)(`li`,{className:t,title:e+A[t],children:[e,(0,f.jsx)(`span`,{className:`unseen`,children:A[t]})]},e))})}),(0,f.jsxs)(`td`,{children:[(0,f.jsx)(`code`,{children:e.ip}),e.endpoints.length>0&&(0,f.jsx)(`ul`,{className:`endpoints`,children:e.endpoints.map(e=>(0,f.jsxs)(`li`,{children:[(0,f.jsx)(`span`,{className:`faint`,children:e.service}),` `,(0,f.jsxs)(`code`,{children:[e.address,`:`,e.port,`/`,e.proto]})]},`${e.service} ${e.proto} ${e.address} ${e.port}`))})]}),(0,f.jsxs)(`td`,{children:[(0,f.jsx)(`span`,{title:a?`In step`:`Wanted: generation ${e.generation}; confirmed: ${e.observedGeneration}`,children:a?e.generation:`${e.observedGeneration} → ${e.generation}`}),!a&&(0,f.jsx)(`div`,{className:`faint`,children:`not in step`})]}),(0,f.jsxs)(`td`,{children:[e.lastMutatedAt?(0,f.jsx)(v,{at:e.lastMutatedAt}):(0,f.jsx)(`span`,{className:`faint`,children:`never`}),e.nextMutationAt&&(0,f.jsxs)(`div`,{className:`faint`,children:[`next `,(0,f.jsx)(v,{at:e.nextMutationAt})]})]}),(0,f.jsx)(`td`,{className:`latest`,children:t&&(0,f.jsxs)(`details`,{open:n||!C(t.lifecycle),children:[(0,f.jsxs)(`summary`,{children:[t.lifecycle.operation.toLowerCase(),` `,(0,f.jsx)(O,{of:t.lifecycle.status})]}),(0,f.jsx)(k,{entry:t})]})}),r&&i&&(0,f.jsxs)(`td`,{className:`actions`,children:[(0,f.jsx)(`button`,{type:`button`,onClick:()=>r(e),"aria-label":`Mutate ${e.name}`,children:`Mutate`}),(0,f.jsx)(`button`,{type:`button`,className:`danger`,onClick:()=>i(e),"aria-label":`Tear down ${e.name}`,children:`Tear down…`})]})]})});function M({deployment:e,deckies:t,latest:n,followed:r,onMutate:i,onTeardown:a}){return(0,f.jsx)(`div`,{className:`scroll`,role:`region`,"aria-label":`Deckies of ${e}`,tabIndex:0,children:(0,f.jsxs)(`table`,{children:[(0,f.jsx)(`thead`,{children:(0,f.jsxs)(`tr`,{children:[(0,f.jsx)(`th`,{scope:`col`,children:`Decky`}),(0,f.jsx)(`th`,{scope:`col`,children:`State`}),(0,f.jsx)(`th`,{scope:`col`,children:`Services`}),(0,f.jsx)(`th`,{scope:`col`,children:`Address`}),(0,f.jsx)(`th`,{scope:`col`,children:`Generation`}),(0,f.jsx)(`th`,{scope:`col`,children:`Last mutation`}),(0,f.jsx)(`th`,{scope:`col`,children:`Latest lifecycle`}),i&&(0,f.jsx)(`th`,{scope:`col`,children:`Actions`})]})}),(0,f.jsx)(`tbody`,{children:t.map(t=>{let o=n.get(D(e,t.name));return(0,f.jsx)(j,{decky:t,latest:o,followed:o!==void 0&&r.includes(o.lifecycle.id),onMutate:i,onTeardown:a},t.id)})})]})})}var N=a(`
  query DeckyIds($first: Int!, $after: Cursor) {
    deckies(first: $first, after: $after) {
      edges {
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`),P=a(`
  subscription DeckyUpdated {
    deckyUpdated {
      id
      name
      hostname
      archetype
      state
      services
      observedServices
      generation
      observedGeneration
      ip
      lastMutatedAt
      nextMutationAt
      endpoints {
        service
        proto
        address
        port
      }
      deployment {
        name
      }
    }
  }
`),F=a(`
  query JournalCursor {
    journalCursor
  }
`),I=a(`
  query LifecycleHistory($first: Int!) {
    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {
      edges {
        node {
          ...LifecycleFacts
        }
      }
    }
  }

  fragment LifecycleFacts on Lifecycle {
    id
    deckyName
    deploymentName
    operation
    status
    stage
    attempt
    trigger
    actor
    fromServices
    toServices
    createdAt
    completedAt
    error {
      code
      message
      detail
    }
  }
`),L=a(`
  subscription LifecycleUpdated($after: String) {
    lifecycleUpdated(after: $after) {
      cursor
      seq
      status
      stage
      attempt
      at
      lifecycle {
        ...LifecycleFacts
      }
    }
  }
`),R=a(`
  query InteractionHistory($last: Int!) {
    interactions(last: $last) {
      edges {
        node {
          ...InteractionFacts
        }
      }
    }
  }

  fragment InteractionFacts on Interaction {
    id
    cursor
    at
    type
    service
    deckyName
    deploymentName
    sourceIP
    sourcePort
    destPort
    session
    principal
    secret
    command
    outcome
    message
  }
`),z=a(`
  subscription InteractionRecorded($after: String) {
    interactionRecorded(after: $after) {
      ...InteractionFacts
    }
  }
`),B=a(`
  query Archetypes {
    archetypes {
      slug
      name
      description
      available
    }
  }
`),V=a(`
  mutation Deploy($input: DeployInput!) {
    deploy(input: $input) {
      lifecycleIds
      planned {
        id
        name
        ip
        hostname
        services
      }
    }
  }
`),H=a(`
  mutation MutateDecky($input: MutateDeckyInput!) {
    mutateDecky(input: $input) {
      lifecycleIds
    }
  }
`),U=a(`
  mutation Teardown($input: TeardownInput!) {
    teardown(input: $input) {
      lifecycleIds
    }
  }
`);function W({session:{token:e},expired:t,run:r}){let a=(0,d.useRef)(null),[s,c]=(0,d.useState)([]),[l,u]=(0,d.useState)(null),[p,m]=(0,d.useState)(null),h=e=>{if(e instanceof n&&e.has(`UNAUTHENTICATED`))return t();m(o(e))};(0,d.useEffect)(()=>{let t=new AbortController;return i(B,{},e,t.signal).then(e=>c(e.archetypes),e=>t.signal.aborted||h(e)),()=>t.abort()},[e]);function g(){let e=new FormData(a.current),t=String(e.get(`archetype`));return{deployment:String(e.get(`deployment`)),deckies:[{name:String(e.get(`name`)),count:Number(e.get(`count`)),...t&&{archetype:t}}]}}async function _(){if(a.current?.reportValidity()){m(null);try{u((await i(V,{input:{...g(),dryRun:!0}},e)).deploy.planned)}catch(e){u(null),h(e)}}}function v(t){t.preventDefault(),m(null),u(null);let n=g(),[{name:a,count:o}]=n.deckies;r(`Deploy ${a}${o>1?` × ${o}`:``}`,async()=>(await i(V,{input:n},e)).deploy)}return(0,f.jsxs)(`section`,{"aria-labelledby":`deploy`,children:[(0,f.jsx)(`h2`,{id:`deploy`,children:`Deploy`}),(0,f.jsxs)(`form`,{ref:a,className:`deploy`,onSubmit:v,onChange:()=>u(null),children:[(0,f.jsxs)(`label`,{children:[`Archetype`,(0,f.jsxs)(`select`,{name:`archetype`,defaultValue:``,children:[(0,f.jsx)(`option`,{value:``,children:`Let the mutator pick`}),s.map(e=>(0,f.jsxs)(`option`,{value:e.slug,disabled:!e.available,title:e.description,children:[e.name,e.available?``:` (not in this build)`]},e.slug))]})]}),(0,f.jsxs)(`label`,{children:[`Name`,(0,f.jsx)(`input`,{name:`name`,required:!0,defaultValue:`decky`,pattern:`[a-z0-9\\-]{1,64}`,title:`a-z, 0-9 and dashes; up to 64`,spellCheck:!1,autoCapitalize:`none`})]}),(0,f.jsxs)(`label`,{children:[`Count`,(0,f.jsx)(`input`,{name:`count`,type:`number`,required:!0,min:1,defaultValue:3})]}),(0,f.jsxs)(`label`,{children:[`Deployment`,(0,f.jsx)(`input`,{name:`deployment`,required:!0,defaultValue:`default`,pattern:`[a-z0-9\\-]{1,64}`,title:`a-z, 0-9 and dashes; up to 64`,spellCheck:!1,autoCapitalize:`none`})]}),(0,f.jsxs)(`div`,{className:`actions`,children:[(0,f.jsx)(`button`,{type:`button`,onClick:()=>void _(),children:`Preview`}),(0,f.jsx)(`button`,{type:`submit`,className:`primary`,children:`Deploy`})]})]}),p&&(0,f.jsx)(`p`,{role:`alert`,className:`problem`,children:p}),l&&(0,f.jsxs)(`div`,{role:`status`,children:[(0,f.jsxs)(`p`,{children:[`It would deploy `,l.length===1?`one decky`:`${l.length} deckies`,`; nothing has changed yet. Services that the mutator picks are picked anew when you deploy.`]}),(0,f.jsx)(`div`,{className:`scroll`,children:(0,f.jsxs)(`table`,{className:`plan`,children:[(0,f.jsx)(`thead`,{children:(0,f.jsxs)(`tr`,{children:[(0,f.jsx)(`th`,{scope:`col`,children:`Decky`}),(0,f.jsx)(`th`,{scope:`col`,children:`Host name`}),(0,f.jsx)(`th`,{scope:`col`,children:`Address`}),(0,f.jsx)(`th`,{scope:`col`,children:`Services`})]})}),(0,f.jsx)(`tbody`,{children:l.map(e=>(0,f.jsxs)(`tr`,{children:[(0,f.jsx)(`th`,{scope:`row`,children:e.name}),(0,f.jsx)(`td`,{children:e.hostname}),(0,f.jsx)(`td`,{children:(0,f.jsx)(`code`,{children:e.ip})}),(0,f.jsx)(`td`,{children:e.services.join(`, `)})]},e.name))})]})})]})]})}var ie=/^(?:[\p{C}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]|(?! )\p{Zs})$/u,G=/^\p{M}$/u,K=3,q={"\n":`\\n`,"\r":`\\r`,"	":`\\t`,"\0":`\\0`,"\x1B":`\\e`};function J(e){let t=e.codePointAt(0)??0,n=t.toString(16).toUpperCase();return q[e]??(t<256?`\\x${n.padStart(2,`0`)}`:`\\u{${n}}`)}function Y(e,t=2e3){let n=e.slice(0,t),r=[],i=``,a=0;for(let e of n)a=G.test(e)?a+1:0,!ie.test(e)&&a<=K?i+=e:(i&&r.push({text:i,escaped:!1}),i=``,r.push({text:J(e),escaped:!0}));return i&&r.push({text:i,escaped:!1}),{stretches:r,left:e.length-n.length}}function X({text:e}){let{stretches:t,left:n}=Y(e);return(0,f.jsxs)(`bdi`,{dir:`ltr`,className:`hostile`,children:[t.map((e,t)=>e.escaped?(0,f.jsx)(`span`,{className:`escape`,children:e.text},t):e.text),n>0&&(0,f.jsxs)(`span`,{className:`left-out`,children:[` … and `,n,` more characters`]})]})}var ae=[[`principal`,`as`],[`secret`,`secret`],[`command`,`asked`],[`outcome`,`answer`]];function oe({feed:e}){return(0,f.jsxs)(`section`,{"aria-labelledby":`interactions`,children:[(0,f.jsx)(`h2`,{id:`interactions`,children:`Interactions`}),e.size===0&&(0,f.jsx)(`p`,{className:`empty`,children:`Nobody has touched a decky yet. Connect to an endpoint in the table above: it shows here.`}),(0,f.jsx)(`ol`,{className:`feed`,reversed:!0,tabIndex:0,"aria-labelledby":`interactions`,children:[...e.values()].toReversed().map(e=>(0,f.jsxs)(`li`,{"data-interaction":e.id,children:[(0,f.jsxs)(`p`,{children:[(0,f.jsx)(v,{at:e.at}),` `,(0,f.jsx)(`b`,{children:e.deckyName}),` `,(0,f.jsx)(`span`,{className:`badge`,children:e.service}),` `,(0,f.jsx)(X,{text:e.type}),` `,(0,f.jsx)(`span`,{className:`faint`,children:`from`}),` `,(0,f.jsxs)(`code`,{children:[(0,f.jsx)(X,{text:e.sourceIP}),`:`,e.sourcePort]})]}),(0,f.jsx)(`p`,{children:(0,f.jsx)(X,{text:e.message})}),(0,f.jsx)(`dl`,{children:ae.map(([t,n])=>e[t]&&(0,f.jsxs)(`div`,{children:[(0,f.jsx)(`dt`,{children:n}),(0,f.jsx)(`dd`,{children:(0,f.jsx)(X,{text:e[t]})})]},t))})]},e.id))})]})}var se=30;function ce({journal:e}){let t=[...e.entries.values()].toReversed().slice(0,se);return(0,f.jsxs)(`section`,{"aria-labelledby":`lifecycles`,children:[(0,f.jsx)(`h2`,{id:`lifecycles`,children:`Lifecycles`}),e.missed&&(0,f.jsx)(`p`,{className:`problem`,children:`The connection was gone for longer than the journal reaches back: some steps are not shown.`}),t.length===0&&(0,f.jsx)(`p`,{className:`empty`,children:`Nothing has been asked of the fleet yet.`}),(0,f.jsx)(`ul`,{className:`feed`,tabIndex:0,"aria-labelledby":`lifecycles`,children:t.map(e=>{let{lifecycle:t}=e;return(0,f.jsx)(`li`,{"data-lifecycle":t.id,children:(0,f.jsxs)(`details`,{open:!C(t),children:[(0,f.jsxs)(`summary`,{children:[(0,f.jsx)(v,{at:t.createdAt}),` `,t.operation.toLowerCase(),` `,(0,f.jsx)(`b`,{children:t.deckyName}),` `,(0,f.jsx)(O,{of:t.status}),` `,t.operation===`MUTATE`&&(0,f.jsxs)(`span`,{className:`faint`,children:[t.fromServices.join(`, `),` → `,t.toServices.join(`, `)]}),` `,(0,f.jsxs)(`span`,{className:`faint`,children:[`by `,t.actor??t.trigger.toLowerCase()]})]}),(0,f.jsx)(k,{entry:e})]})},t.id)})})]})}function Z(e){let[t,r]=(0,d.useState)(null);return{action:t,run:(0,d.useCallback)(async(t,i)=>{r({label:t,lifecycleIds:null,problem:null});try{let{lifecycleIds:e}=await i();r({label:t,lifecycleIds:e,problem:null})}catch(i){if(i instanceof n&&i.has(`UNAUTHENTICATED`))return e();r({label:t,lifecycleIds:null,problem:o(i)})}},[e]),clear:(0,d.useCallback)(()=>r(null),[])}}function Q(e,t=16){let n=[];return r=>{n.push(r)>1||setTimeout(()=>{let t=n;n=[],e(t)},t)}}function le(e,t){let n=t.filter(t=>!e.has(t.id));if(n.length===0)return e;let r=[...e,...n.map(e=>[e.id,e])];return new Map(r.slice(-200))}var ue=200,de=1e3;function fe({session:{token:t},expired:n}){let[r,a]=(0,d.useReducer)(x,new Map),[o,s]=(0,d.useState)(!1),[c,l]=(0,d.useReducer)(w,ne),[u,f]=(0,d.useReducer)(le,new Map),[p,m]=(0,d.useState)(null);return(0,d.useEffect)(()=>{let r=new AbortController,o=new e(t,n);m(o);let c=new Set,u=new Set,d=async e=>{let n=new Set(c),r=await pe(t,e);a({type:`listed`,before:n,ids:r});for(let e of n)r.has(e)||u.add(e);s(!0)},p=()=>d(r.signal).catch(()=>r.signal.aborted||setTimeout(p,de)),h=Q(e=>a({type:`seen`,deckies:e}));o.follow({name:`deckies`,document:P,prepare:async e=>(await d(e),{}),next:({deckyUpdated:e})=>{u.has(e.id)||(c.add(e.id),h(e))}});let g=null,_=Q(e=>{l({type:`events`,events:e}),e.some(({status:e,lifecycle:t})=>t.operation===`TEARDOWN`&&e===`SUCCEEDED`)&&p()});o.follow({name:`lifecycles`,document:L,prepare:async e=>{if(g===null){let{journalCursor:n}=await i(F,{},t,e),{lifecycles:r}=await i(I,{first:100},t,e);l({type:`history`,lifecycles:$(r)}),g=n}return{after:g}},next:({lifecycleUpdated:e})=>{g=e.cursor,_(e)},expired:()=>{g=null,l({type:`expired`})}});let v=null,y=Q(f);return o.follow({name:`interactions`,document:z,prepare:async e=>{if(v===null){let{interactions:n}=await i(R,{last:200},t,e),r=$(n);f(r),v=r.at(-1)?.cursor??null}return{after:v}},next:({interactionRecorded:e})=>{v=e.cursor,y(e)},expired:()=>v=null}),()=>{r.abort(),o.dispose()}},[t,n]),{deckies:o?r:null,journal:c,interactions:u,live:p}}async function pe(e,t){let n=new Set,r=async a=>{let{deckies:o}=await i(N,{first:ue,after:a},e,t);$(o).forEach(({id:e})=>n.add(e)),o.pageInfo.hasNextPage&&await r(o.pageInfo.endCursor??null)};return await r(null),n}var $=({edges:e})=>(e??[]).flatMap(e=>e?.node??[]);function me(e){let{session:t,expired:n}=e,r=fe(e),{action:a,run:o,clear:s}=Z(n),[c,l]=(0,d.useState)(null),u=t.role!==`VIEWER`,m=(0,d.useCallback)(({name:e,deployment:n})=>void o(`Mutate ${e}`,async()=>(await i(H,{input:{name:e,deployment:n.name}},t.token)).mutateDecky),[o,t.token]),g=(0,d.useCallback)(({name:e,deployment:t})=>l({name:e,deployment:t.name}),[]),_=({name:e,deployment:n})=>void o(`Tear down ${e??`all of ${n}`}`,async()=>(await i(U,{input:{deployment:n,...e!==null&&{names:[e]}}},t.token)).teardown),v=(0,d.useMemo)(()=>re(r.journal),[r.journal]),y=(0,d.useMemo)(()=>Map.groupBy(ee(r.deckies??new Map),e=>e.deployment.name),[r.deckies]);return(0,f.jsxs)(`main`,{children:[(0,f.jsxs)(`div`,{className:`title`,children:[(0,f.jsx)(`h1`,{children:`Fleet`}),(0,f.jsx)(b,{live:r.live})]}),a&&(0,f.jsx)(p,{action:a,journal:r.journal,onClose:s}),r.deckies===null&&(0,f.jsx)(`p`,{className:`empty`,children:`Reading the fleet…`}),r.deckies?.size===0&&(0,f.jsxs)(`p`,{className:`empty`,children:[`The fleet is empty. `,u?`Deploy the first deckies with the form below.`:`An administrator can deploy deckies; they show here at once.`]}),[...y].map(([e,t])=>(0,f.jsxs)(`section`,{"aria-label":`Deployment ${e}`,children:[(0,f.jsxs)(`div`,{className:`title`,children:[(0,f.jsxs)(`h2`,{children:[e,` `,(0,f.jsx)(`span`,{className:`faint`,children:t.length===1?`1 decky`:`${t.length} deckies`})]}),u&&(0,f.jsxs)(`button`,{type:`button`,className:`danger`,onClick:()=>l({deployment:e,name:null}),children:[`Tear down all of `,e,`…`]})]}),(0,f.jsx)(M,{deployment:e,deckies:t,latest:v,followed:a?.lifecycleIds??[],onMutate:u?m:void 0,onTeardown:u?g:void 0})]},e)),u&&(0,f.jsx)(W,{...e,run:o}),(0,f.jsxs)(`div`,{className:`columns`,children:[(0,f.jsx)(ce,{journal:r.journal}),(0,f.jsx)(oe,{feed:r.interactions})]}),c&&(0,f.jsx)(h,{question:`Tear down ${c.name??`all of ${c.deployment}`}?`,warning:`This is for good: the deckies are taken down. What they recorded stays.`,yes:`Tear down`,onYes:()=>_(c),onClose:()=>l(null)})]})}s((0,f.jsx)(c,{current:`fleet`,children:e=>(0,f.jsx)(me,{...e},e.session.token)}));