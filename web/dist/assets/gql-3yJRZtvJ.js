import{t as e}from"./rolldown-runtime-XKyaHtl9.js";var t=e((e=>{var t=Symbol.for(`react.transitional.element`),n=Symbol.for(`react.portal`),r=Symbol.for(`react.fragment`),i=Symbol.for(`react.strict_mode`),a=Symbol.for(`react.profiler`),o=Symbol.for(`react.consumer`),s=Symbol.for(`react.context`),c=Symbol.for(`react.forward_ref`),l=Symbol.for(`react.suspense`),u=Symbol.for(`react.memo`),d=Symbol.for(`react.lazy`),f=Symbol.for(`react.activity`),p=Symbol.for(`react.view_transition`),m=Symbol.iterator;function h(e){return typeof e!=`object`||!e?null:(e=m&&e[m]||e[`@@iterator`],typeof e==`function`?e:null)}var g={isMounted:function(){return!1},enqueueForceUpdate:function(){},enqueueReplaceState:function(){},enqueueSetState:function(){}},_=Object.assign,v={};function y(e,t,n){this.props=e,this.context=t,this.refs=v,this.updater=n||g}y.prototype.isReactComponent={},y.prototype.setState=function(e,t){if(typeof e!=`object`&&typeof e!=`function`&&e!=null)throw Error(`takes an object of state variables to update or a function which returns an object of state variables.`);this.updater.enqueueSetState(this,e,t,`setState`)},y.prototype.forceUpdate=function(e){this.updater.enqueueForceUpdate(this,e,`forceUpdate`)};function b(){}b.prototype=y.prototype;function x(e,t,n){this.props=e,this.context=t,this.refs=v,this.updater=n||g}var S=x.prototype=new b;S.constructor=x,_(S,y.prototype),S.isPureReactComponent=!0;var C=Array.isArray;function w(){}var T={H:null,A:null,T:null,S:null},E=Object.prototype.hasOwnProperty;function D(e,n,r){var i=r.ref;return{$$typeof:t,type:e,key:n,ref:i===void 0?null:i,props:r}}function O(e,t){return D(e.type,t,e.props)}function k(e){return typeof e==`object`&&!!e&&e.$$typeof===t}function A(e){var t={"=":`=0`,":":`=2`};return`$`+e.replace(/[=:]/g,function(e){return t[e]})}var j=/\/+/g;function M(e,t){return typeof e==`object`&&e&&e.key!=null?A(``+e.key):t.toString(36)}function N(e){switch(e.status){case`fulfilled`:return e.value;case`rejected`:throw e.reason;default:switch(typeof e.status==`string`?e.then(w,w):(e.status=`pending`,e.then(function(t){e.status===`pending`&&(e.status=`fulfilled`,e.value=t)},function(t){e.status===`pending`&&(e.status=`rejected`,e.reason=t)})),e.status){case`fulfilled`:return e.value;case`rejected`:throw e.reason}}throw e}function P(e,r,i,a,o){var s=typeof e;(s===`undefined`||s===`boolean`)&&(e=null);var c=!1;if(e===null)c=!0;else switch(s){case`bigint`:case`string`:case`number`:c=!0;break;case`object`:switch(e.$$typeof){case t:case n:c=!0;break;case d:return c=e._init,P(c(e._payload),r,i,a,o)}}if(c)return o=o(e),c=a===``?`.`+M(e,0):a,C(o)?(i=``,c!=null&&(i=c.replace(j,`$&/`)+`/`),P(o,r,i,``,function(e){return e})):o!=null&&(k(o)&&(o=O(o,i+(o.key==null||e&&e.key===o.key?``:(``+o.key).replace(j,`$&/`)+`/`)+c)),r.push(o)),1;c=0;var l=a===``?`.`:a+`:`;if(C(e))for(var u=0;u<e.length;u++)a=e[u],s=l+M(a,u),c+=P(a,r,i,s,o);else if(u=h(e),typeof u==`function`)for(e=u.call(e),u=0;!(a=e.next()).done;)a=a.value,s=l+M(a,u++),c+=P(a,r,i,s,o);else if(s===`object`){if(typeof e.then==`function`)return P(N(e),r,i,a,o);throw r=String(e),Error(`Objects are not valid as a React child (found: `+(r===`[object Object]`?`object with keys {`+Object.keys(e).join(`, `)+`}`:r)+`). If you meant to render a collection of children, use an array instead.`)}return c}function F(e,t,n){if(e==null)return e;var r=[],i=0;return P(e,r,``,``,function(e){return t.call(n,e,i++)}),r}function I(e){if(e._status===-1){var t=e._result,n=t();n.then(function(t){(e._status===0||e._status===-1)&&(e._status=1,e._result=t,n.status===void 0&&(n.status=`fulfilled`,n.value=t))},function(t){(e._status===0||e._status===-1)&&(e._status=2,e._result=t,n.status===void 0&&(n.status=`rejected`,n.reason=t))}),e._status===-1&&(e._status=0,e._result=n)}if(e._status===1)return e._result.default;throw e._result}var L=typeof reportError==`function`?reportError:function(e){if(typeof window==`object`&&typeof window.ErrorEvent==`function`){var t=new window.ErrorEvent(`error`,{bubbles:!0,cancelable:!0,message:typeof e==`object`&&e&&typeof e.message==`string`?String(e.message):String(e),error:e});if(!window.dispatchEvent(t))return}else if(typeof process==`object`&&typeof process.emit==`function`){process.emit(`uncaughtException`,e);return}console.error(e)};function R(e){var t=T.T,n={};n.types=t===null?null:t.types,T.T=n;try{var r=e(),i=T.S;i!==null&&i(n,r),typeof r==`object`&&r&&typeof r.then==`function`&&r.then(w,L)}catch(e){L(e)}finally{t!==null&&n.types!==null&&(t.types=n.types),T.T=t}}function z(e){var t=T.T;if(t!==null){var n=t.types;n===null?t.types=[e]:n.indexOf(e)===-1&&n.push(e)}else R(z.bind(null,e))}var B={map:F,forEach:function(e,t,n){F(e,function(){t.apply(this,arguments)},n)},count:function(e){var t=0;return F(e,function(){t++}),t},toArray:function(e){return F(e,function(e){return e})||[]},only:function(e){if(!k(e))throw Error(`React.Children.only expected to receive a single React element child.`);return e}};e.Activity=f,e.Children=B,e.Component=y,e.Fragment=r,e.Profiler=a,e.PureComponent=x,e.StrictMode=i,e.Suspense=l,e.ViewTransition=p,e.__CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE=T,e.__COMPILER_RUNTIME={__proto__:null,c:function(e){return T.H.useMemoCache(e)}},e.addTransitionType=z,e.cache=function(e){return function(){return e.apply(null,arguments)}},e.cacheSignal=function(){return null},e.cloneElement=function(e,t,n){if(e==null)throw Error(`The argument must be a React element, but you passed `+e+`.`);var r=_({},e.props),i=e.key;if(t!=null)for(a in t.key!==void 0&&(i=``+t.key),t)!E.call(t,a)||a===`key`||a===`__self`||a===`__source`||a===`ref`&&t.ref===void 0||(r[a]=t[a]);var a=arguments.length-2;if(a===1)r.children=n;else if(1<a){for(var o=Array(a),s=0;s<a;s++)o[s]=arguments[s+2];r.children=o}return D(e.type,i,r)},e.createContext=function(e){return e={$$typeof:s,_currentValue:e,_currentValue2:e,_threadCount:0,Provider:null,Consumer:null},e.Provider=e,e.Consumer={$$typeof:o,_context:e},e},e.createElement=function(e,t,n){var r,i={},a=null;if(t!=null)for(r in t.key!==void 0&&(a=``+t.key),t)E.call(t,r)&&r!==`key`&&r!==`__self`&&r!==`__source`&&(i[r]=t[r]);var o=arguments.length-2;if(o===1)i.children=n;else if(1<o){for(var s=Array(o),c=0;c<o;c++)s[c]=arguments[c+2];i.children=s}if(e&&e.defaultProps)for(r in o=e.defaultProps,o)i[r]===void 0&&(i[r]=o[r]);return D(e,a,i)},e.createRef=function(){return{current:null}},e.forwardRef=function(e){return{$$typeof:c,render:e}},e.isValidElement=k,e.lazy=function(e){return{$$typeof:d,_payload:{_status:-1,_result:e},_init:I}},e.memo=function(e,t){return{$$typeof:u,type:e,compare:t===void 0?null:t}},e.startTransition=R,e.unstable_useCacheRefresh=function(){return T.H.useCacheRefresh()},e.use=function(e){return T.H.use(e)},e.useActionState=function(e,t,n){return T.H.useActionState(e,t,n)},e.useCallback=function(e,t){return T.H.useCallback(e,t)},e.useContext=function(e){return T.H.useContext(e)},e.useDebugValue=function(){},e.useDeferredValue=function(e,t){return T.H.useDeferredValue(e,t)},e.useEffect=function(e,t){return T.H.useEffect(e,t)},e.useEffectEvent=function(e){return T.H.useEffectEvent(e)},e.useId=function(){return T.H.useId()},e.useImperativeHandle=function(e,t,n){return T.H.useImperativeHandle(e,t,n)},e.useInsertionEffect=function(e,t){return T.H.useInsertionEffect(e,t)},e.useLayoutEffect=function(e,t){return T.H.useLayoutEffect(e,t)},e.useMemo=function(e,t){return T.H.useMemo(e,t)},e.useOptimistic=function(e,t){return T.H.useOptimistic(e,t)},e.useReducer=function(e,t,n){return T.H.useReducer(e,t,n)},e.useRef=function(e){return T.H.useRef(e)},e.useState=function(e){return T.H.useState(e)},e.useSyncExternalStore=function(e,t,n){return T.H.useSyncExternalStore(e,t,n)},e.useTransition=function(){return T.H.useTransition()},e.version=`19.3.1`})),n=e(((e,n)=>{n.exports=t()})),r=e((e=>{var t=Symbol.for(`react.transitional.element`),n=Symbol.for(`react.fragment`);function r(e,n,r){var i=null;if(r!==void 0&&(i=``+r),n.key!==void 0&&(i=``+n.key),`key`in n)for(var a in r={},n)a!==`key`&&(r[a]=n[a]);else r=n;return n=r.ref,{$$typeof:t,type:e,key:i,ref:n===void 0?null:n,props:r}}e.Fragment=n,e.jsx=r,e.jsxs=r})),i=e(((e,t)=>{t.exports=r()})),a=e((e=>{var t=n();function r(e,t){return e===t&&(e!==0||1/e==1/t)||e!==e&&t!==t}var i=typeof Object.is==`function`?Object.is:r,a=t.useState,o=t.useEffect,s=t.useLayoutEffect,c=t.useDebugValue;function l(e,t){var n=t(),r=a({inst:{value:n,getSnapshot:t}}),i=r[0].inst,l=r[1];return s(function(){i.value=n,i.getSnapshot=t,u(i)&&l({inst:i})},[e,n,t]),o(function(){return u(i)&&l({inst:i}),e(function(){u(i)&&l({inst:i})})},[e]),c(n),n}function u(e){var t=e.getSnapshot;e=e.value;try{var n=t();return!i(e,n)}catch{return!0}}function d(e,t){return t()}var f=typeof window>`u`||window.document===void 0||window.document.createElement===void 0?d:l;e.useSyncExternalStore=t.useSyncExternalStore===void 0?f:t.useSyncExternalStore})),o=e(((e,t)=>{t.exports=a()})),s=class extends Error{refusals;constructor(e){super(e.map(l).join(`
`)),this.name=`ApiError`,this.refusals=e}has(e){return this.refusals.some(t=>t.extensions?.code===e)}},c=class extends Error{name=`Unreachable`};function l(e){let t=e.extensions?.argument;return t?`${t.join(`.`)}: ${e.message}`:e.message}var u=e=>e instanceof Error?e.message:String(e),d=e=>e?{Authorization:`Bearer ${e}`}:{},f=e=>e.toString();function p({graphQLErrors:e,networkError:t}){return e.length?new s(e):new c(`The server does not answer (${t?.message??`no reason is known`}).`,{cause:t})}async function m(e,t,n){let{data:r,error:i}=await(t.toString().trimStart().startsWith(`mutation`)?e.mutation:e.query).call(e,f(t),n,{requestPolicy:`network-only`}).toPromise();if(i)throw p(i);if(!r)throw new c(`The server answers without data.`);return r}var h=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new h(`
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
    `,{fragmentName:`LifecycleFacts`}),new h(`
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
    `,{fragmentName:`InteractionFacts`});var g={"\n  query DeckyIds($first: Int!, $after: Cursor) {\n    deckies(first: $first, after: $after) {\n      edges {\n        node {\n          id\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
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
    `),"\n  subscription DeckyUpdated {\n    deckyUpdated {\n      id\n      name\n      hostname\n      archetype\n      state\n      services\n      observedServices\n      generation\n      observedGeneration\n      ip\n      lastMutatedAt\n      nextMutationAt\n      endpoints {\n        service\n        proto\n        address\n        port\n      }\n      deployment {\n        name\n      }\n    }\n  }\n":new h(`
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
    `),"\n  query JournalCursor {\n    journalCursor\n  }\n":new h(`
    query JournalCursor {
  journalCursor
}
    `),"\n  query LifecycleHistory($first: Int!) {\n    lifecycles(first: $first, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n\n  fragment LifecycleFacts on Lifecycle {\n    id\n    deckyName\n    deploymentName\n    operation\n    status\n    stage\n    attempt\n    trigger\n    actor\n    fromServices\n    toServices\n    createdAt\n    completedAt\n    error {\n      code\n      message\n      detail\n    }\n  }\n":new h(`
    query LifecycleHistory($first: Int!) {
  lifecycles(first: $first, orderBy: {field: CREATED_AT, direction: DESC}) {
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
}`),"\n  subscription LifecycleUpdated($after: String) {\n    lifecycleUpdated(after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n":new h(`
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
}`),"\n  query InteractionHistory($last: Int!) {\n    interactions(last: $last) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n    }\n  }\n\n  fragment InteractionFacts on Interaction {\n    id\n    cursor\n    at\n    type\n    service\n    deckyName\n    deploymentName\n    sourceIP\n    sourcePort\n    destPort\n    session\n    principal\n    secret\n    command\n    outcome\n    message\n  }\n":new h(`
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
}`),"\n  subscription InteractionRecorded($after: String) {\n    interactionRecorded(after: $after) {\n      ...InteractionFacts\n    }\n  }\n":new h(`
    subscription InteractionRecorded($after: String) {
  interactionRecorded(after: $after) {
    ...InteractionFacts
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
}`),"\n  query Catalog {\n    archetypes {\n      slug\n      name\n      description\n      services\n      os\n      available\n    }\n    services {\n      slug\n      name\n      description\n      category\n      available\n    }\n  }\n":new h(`
    query Catalog {
  archetypes {
    slug
    name
    description
    services
    os
    available
  }
  services {
    slug
    name
    description
    category
    available
  }
}
    `),"\n  query Deployments {\n    deployments(first: 100) {\n      edges {\n        node {\n          id\n          name\n          mutateInterval\n          network {\n            driver\n            subnet\n            gateway\n            parent\n          }\n        }\n      }\n    }\n  }\n":new h(`
    query Deployments {
  deployments(first: 100) {
    edges {
      node {
        id
        name
        mutateInterval
        network {
          driver
          subnet
          gateway
          parent
        }
      }
    }
  }
}
    `),"\n  query Server {\n    server {\n      engine\n      limits {\n        deckiesPerDeploy\n        servicesPerDecky\n      }\n    }\n  }\n":new h(`
    query Server {
  server {
    engine
    limits {
      deckiesPerDeploy
      servicesPerDecky
    }
  }
}
    `),"\n  mutation Deploy($input: DeployInput!) {\n    deploy(input: $input) {\n      lifecycleIds\n      planned {\n        id\n        name\n        ip\n        mac\n        hostname\n        os\n        services\n      }\n    }\n  }\n":new h(`
    mutation Deploy($input: DeployInput!) {
  deploy(input: $input) {
    lifecycleIds
    planned {
      id
      name
      ip
      mac
      hostname
      os
      services
    }
  }
}
    `),"\n  mutation MutateDecky($input: MutateDeckyInput!) {\n    mutateDecky(input: $input) {\n      lifecycleIds\n      decky {\n        services\n      }\n    }\n  }\n":new h(`
    mutation MutateDecky($input: MutateDeckyInput!) {
  mutateDecky(input: $input) {
    lifecycleIds
    decky {
      services
    }
  }
}
    `),"\n  mutation SetMutateInterval($input: SetMutateIntervalInput!) {\n    setMutateInterval(input: $input) {\n      deployment {\n        id\n        mutateInterval\n      }\n    }\n  }\n":new h(`
    mutation SetMutateInterval($input: SetMutateIntervalInput!) {
  setMutateInterval(input: $input) {
    deployment {
      id
      mutateInterval
    }
  }
}
    `),"\n  mutation RetryLifecycle($id: ID!) {\n    retryLifecycle(id: $id) {\n      lifecycleIds\n    }\n  }\n":new h(`
    mutation RetryLifecycle($id: ID!) {
  retryLifecycle(id: $id) {
    lifecycleIds
  }
}
    `),"\n  mutation CancelLifecycle($id: ID!) {\n    cancelLifecycle(id: $id) {\n      lifecycle {\n        id\n      }\n    }\n  }\n":new h(`
    mutation CancelLifecycle($id: ID!) {
  cancelLifecycle(id: $id) {
    lifecycle {
      id
    }
  }
}
    `),"\n  query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {\n    lifecycles(first: $first, after: $after, where: $where, orderBy: { field: CREATED_AT, direction: DESC }) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
    query LifecyclesPage($first: Int!, $after: Cursor, $where: LifecycleWhereInput) {
  lifecycles(
    first: $first
    after: $after
    where: $where
    orderBy: {field: CREATED_AT, direction: DESC}
  ) {
    edges {
      node {
        ...LifecycleFacts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
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
}`),"\n  query LifecyclesByIds($ids: [ID!]!, $first: Int!) {\n    lifecycles(ids: $ids, first: $first) {\n      edges {\n        node {\n          ...LifecycleFacts\n        }\n      }\n    }\n  }\n":new h(`
    query LifecyclesByIds($ids: [ID!]!, $first: Int!) {
  lifecycles(ids: $ids, first: $first) {
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
}`),"\n  query LifecycleDetail($id: ID!) {\n    lifecycles(ids: [$id], first: 1) {\n      edges {\n        node {\n          ...LifecycleFacts\n          startedAt\n          traceId\n          supersededBy {\n            id\n          }\n          retryOf {\n            id\n          }\n        }\n      }\n    }\n  }\n":new h(`
    query LifecycleDetail($id: ID!) {
  lifecycles(ids: [$id], first: 1) {
    edges {
      node {
        ...LifecycleFacts
        startedAt
        traceId
        supersededBy {
          id
        }
        retryOf {
          id
        }
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
}`),"\n  query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {\n    lifecycleEvents(ids: $ids, after: $after, first: $first) {\n      events {\n        cursor\n        seq\n        status\n        stage\n        attempt\n        at\n        lifecycle {\n          ...LifecycleFacts\n        }\n      }\n      cursor\n      hasNextPage\n    }\n  }\n":new h(`
    query LifecycleEvents($ids: [ID!]!, $after: String, $first: Int!) {
  lifecycleEvents(ids: $ids, after: $after, first: $first) {
    events {
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
    cursor
    hasNextPage
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
}`),"\n  subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {\n    lifecycleUpdated(ids: $ids, after: $after) {\n      cursor\n      seq\n      status\n      stage\n      attempt\n      at\n      lifecycle {\n        ...LifecycleFacts\n      }\n    }\n  }\n":new h(`
    subscription LifecyclesFollowed($ids: [ID!]!, $after: String) {
  lifecycleUpdated(ids: $ids, after: $after) {
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
}`),"\n  query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {\n    interactions(first: $first, after: $after, where: $where, orderBy: { field: AT, direction: DESC }) {\n      edges {\n        node {\n          ...InteractionFacts\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
    query InteractionsPage($first: Int!, $after: Cursor, $where: InteractionWhereInput) {
  interactions(
    first: $first
    after: $after
    where: $where
    orderBy: {field: AT, direction: DESC}
  ) {
    edges {
      node {
        ...InteractionFacts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
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
}`),"\n  query DeckyDetail($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      name\n      mac\n      distro\n      os\n      createdAt\n      mutateInterval\n      repair {\n        failures\n        nextAt\n        gaveUp\n      }\n      deployment {\n        id\n        name\n        mutateInterval\n        network {\n          driver\n          subnet\n        }\n      }\n    }\n  }\n":new h(`
    query DeckyDetail($deployment: String!, $name: String!) {
  decky(deployment: $deployment, name: $name) {
    id
    name
    mac
    distro
    os
    createdAt
    mutateInterval
    repair {
      failures
      nextAt
      gaveUp
    }
    deployment {
      id
      name
      mutateInterval
      network {
        driver
        subnet
      }
    }
  }
}
    `),"\n  mutation Teardown($input: TeardownInput!) {\n    teardown(input: $input) {\n      lifecycleIds\n    }\n  }\n":new h(`
    mutation Teardown($input: TeardownInput!) {
  teardown(input: $input) {
    lifecycleIds
  }
}
    `),"\n  query Realism($deployment: String!, $name: String!) {\n    decky(deployment: $deployment, name: $name) {\n      id\n      realism {\n        status\n        by\n        startedAt\n        finishedAt\n        problem\n        probed\n        unreachable\n        findings {\n          service\n          tell\n          severity\n          detail\n        }\n      }\n    }\n  }\n":new h(`
    query Realism($deployment: String!, $name: String!) {
  decky(deployment: $deployment, name: $name) {
    id
    realism {
      status
      by
      startedAt
      finishedAt
      problem
      probed
      unreachable
      findings {
        service
        tell
        severity
        detail
      }
    }
  }
}
    `),"\n  mutation CheckDecky($input: CheckDeckyInput!) {\n    checkDecky(input: $input) {\n      decky {\n        id\n      }\n    }\n  }\n":new h(`
    mutation CheckDecky($input: CheckDeckyInput!) {
  checkDecky(input: $input) {
    decky {
      id
    }
  }
}
    `),"\n  query AttackersPage($first: Int!, $after: Cursor, $search: String) {\n    attackers(first: $first, after: $after, search: $search, orderBy: { field: LAST_SEEN_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          address\n          firstSeenAt\n          lastSeenAt\n          interactions\n          sessions\n          attempts\n          commands\n          deckies\n          services\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
    query AttackersPage($first: Int!, $after: Cursor, $search: String) {
  attackers(
    first: $first
    after: $after
    search: $search
    orderBy: {field: LAST_SEEN_AT, direction: DESC}
  ) {
    edges {
      node {
        id
        address
        firstSeenAt
        lastSeenAt
        interactions
        sessions
        attempts
        commands
        deckies
        services
      }
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `),"\n  query CredentialsPage($first: Int!, $after: Cursor, $search: String) {\n    credentials(first: $first, after: $after, search: $search, orderBy: { field: ATTEMPTS, direction: DESC }) {\n      edges {\n        node {\n          id\n          service\n          kind\n          principal\n          secret\n          attempts\n          accepted\n          lastSeenAt\n          lastSourceIP\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
    query CredentialsPage($first: Int!, $after: Cursor, $search: String) {
  credentials(
    first: $first
    after: $after
    search: $search
    orderBy: {field: ATTEMPTS, direction: DESC}
  ) {
    edges {
      node {
        id
        service
        kind
        principal
        secret
        attempts
        accepted
        lastSeenAt
        lastSourceIP
      }
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `),"\n  query SessionsPage($first: Int!, $after: Cursor, $search: String, $where: SessionWhereInput) {\n    sessions(first: $first, after: $after, search: $search, where: $where, orderBy: { field: STARTED_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          interactions\n          commands\n          recorded\n        }\n      }\n      totalCount\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n":new h(`
    query SessionsPage($first: Int!, $after: Cursor, $search: String, $where: SessionWhereInput) {
  sessions(
    first: $first
    after: $after
    search: $search
    where: $where
    orderBy: {field: STARTED_AT, direction: DESC}
  ) {
    edges {
      node {
        id
        key
        deckyName
        deploymentName
        service
        sourceIP
        startedAt
        lastAt
        endedAt
        principal
        authenticated
        interactions
        commands
        recorded
      }
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `),"\n  query SessionDetail($key: String!) {\n    sessions(first: 1, where: { key: $key }, orderBy: { field: STARTED_AT, direction: DESC }) {\n      edges {\n        node {\n          id\n          key\n          deckyName\n          deploymentName\n          service\n          sourceIP\n          startedAt\n          lastAt\n          endedAt\n          principal\n          authenticated\n          recording\n        }\n      }\n    }\n  }\n":new h(`
    query SessionDetail($key: String!) {
  sessions(
    first: 1
    where: {key: $key}
    orderBy: {field: STARTED_AT, direction: DESC}
  ) {
    edges {
      node {
        id
        key
        deckyName
        deploymentName
        service
        sourceIP
        startedAt
        lastAt
        endedAt
        principal
        authenticated
        recording
      }
    }
  }
}
    `),"\n  query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {\n    interactionStats(from: $from, to: $to, where: $where) {\n      total\n      attackers\n      overTime(bucket: $bucket) {\n        at\n        count\n      }\n      byService(first: 7) {\n        name\n        count\n      }\n      topAttackers(first: 7) {\n        name\n        count\n      }\n    }\n  }\n":new h(`
    query StatsOf($from: Time!, $to: Time!, $bucket: Duration!, $where: InteractionWhereInput) {
  interactionStats(from: $from, to: $to, where: $where) {
    total
    attackers
    overTime(bucket: $bucket) {
      at
      count
    }
    byService(first: 7) {
      name
      count
    }
    topAttackers(first: 7) {
      name
      count
    }
  }
}
    `),'\n  query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {\n    interactionStats(from: $from, to: $to, where: { deckyID: $decky }) {\n      overTime(bucket: "1h") {\n        count\n      }\n    }\n  }\n':new h(`
    query TouchesOf($from: Time!, $to: Time!, $decky: ID!) {
  interactionStats(from: $from, to: $to, where: {deckyID: $decky}) {
    overTime(bucket: "1h") {
      count
    }
  }
}
    `),"\n  query Viewer {\n    viewer {\n      username\n      role\n      passwordDue\n    }\n  }\n":new h(`
    query Viewer {
  viewer {
    username
    role
    passwordDue
  }
}
    `),"\n  mutation Login($username: String!, $password: String!) {\n    login(username: $username, password: $password) {\n      token\n      expiresAt\n      viewer {\n        username\n        role\n        passwordDue\n      }\n    }\n  }\n":new h(`
    mutation Login($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    token
    expiresAt
    viewer {
      username
      role
      passwordDue
    }
  }
}
    `),"\n  mutation ChangePassword($current: String!, $new: String!) {\n    changePassword(current: $current, new: $new) {\n      ok\n    }\n  }\n":new h(`
    mutation ChangePassword($current: String!, $new: String!) {
  changePassword(current: $current, new: $new) {
    ok
  }
}
    `),"\n  mutation Logout {\n    logout {\n      ok\n    }\n  }\n":new h(`
    mutation Logout {
  logout {
    ok
  }
}
    `)};function _(e){return g[e]??{}}export{u as a,o as c,d as i,i as l,s as n,m as o,p as r,f as s,_ as t,n as u};