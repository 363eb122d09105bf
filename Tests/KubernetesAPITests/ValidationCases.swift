/// What the API server accepts and refuses: a section for each kind of object, and in it a line for each case.
///
/// A line has what is expected, a bar, and what is written over the section's base. `ok`: nothing is refused; else the fields in
/// their order with the type of the error: R required, I invalid, N not supported, L too long, M too many, F forbidden,
/// D duplicate, X not found. `field*3` stands for three of the kind. Values are JSON without needless quotes.
/// - Source: the tables of Kubernetes `pkg/apis/*/validation/validation_test.go`.
let validationCases = #"""
    [container] spec.containers[0]. {name:c,image:i}
    ok | {}
    name:R | {name:''}
    name:I | {name:'a.b'}
    name:I | {name:Zed}
    image:R | {image:''}
    image:I | {image:' i '}
    imagePullPolicy:N | {imagePullPolicy:Sometimes}
    terminationMessagePolicy:N | {terminationMessagePolicy:Unknown}
    ok | {ports:[{name:p,containerPort:80},{name:do-re-me,containerPort:84,hostPort:80,protocol:UDP}]}
    ports[0].name:I | {ports:[{name:0123456789abcdef-,containerPort:80}]} 2
    ports[0].name:I | {ports:[{name:a--b,containerPort:80}]}
    ports[1].name:D | {ports:[{name:a,containerPort:80},{name:a,containerPort:81}]}
    ports[0].containerPort:R | {ports:[{containerPort:0}]}
    ports[0].containerPort:I | {ports:[{containerPort:65536}]}
    ports[0].hostPort:I | {ports:[{containerPort:80,hostPort:65536}]}
    ports[0].protocol:N | {ports:[{containerPort:80,protocol:ICMP}]}
    ports[1].hostPort:D | {ports:[{containerPort:80,hostPort:81},{containerPort:82,hostPort:81}]}
    ok | {ports:[{containerPort:80,hostPort:81},{containerPort:82,hostPort:81,protocol:UDP}]}
    ok | {env:[{name:abc,value:v},{name:A.B_C-d},{name:'8port'},{name:a b}]}
    env[0].name:R | {env:[{value:x}]}
    env[0].name:I | {env:[{name:'a=b'}]}
    ok | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.name}}},{name:b,valueFrom:{fieldRef:{fieldPath:status.hostIPs}}},{name:c,valueFrom:{fieldRef:{fieldPath:spec.host}}}]}
    ok | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:"metadata.labels['k8s.io/x']"}}},{name:b,valueFrom:{fieldRef:{fieldPath:"metadata.annotations['X']"}}}]}
    env[0].valueFrom.fieldRef.fieldPath:R | {env:[{name:a,valueFrom:{fieldRef:{}}}]}
    env[0].valueFrom.fieldRef.fieldPath:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.whoops}}}]}
    env[0].valueFrom.fieldRef.fieldPath:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.name,apiVersion:v2}}}]}
    env[0].valueFrom.fieldRef.fieldPath:N | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.labels}}}]}
    env[0].valueFrom.fieldRef.fieldPath:N | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.annotations}}}]}
    env[0].valueFrom.fieldRef.fieldPath:N | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:status.phase}}}]}
    env[0].valueFrom.fieldRef:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:"metadata.labels['a/b/c']"}}}]}
    env[0].valueFrom.fieldRef:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:"metadata.annotations['a:b']"}}}]}
    env[0].valueFrom.fieldRef.fieldPath:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:"metadata.name['key']"}}}]}
    ok | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:limits.cpu,divisor:1m}}},{name:b,valueFrom:{resourceFieldRef:{resource:requests.memory,divisor:1Mi}}}]}
    ok | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:limits.hugepages-2Mi,divisor:1Gi}}}]}
    env[0].valueFrom.resourceFieldRef.resource:R | {env:[{name:a,valueFrom:{resourceFieldRef:{}}}]}
    env[0].valueFrom.resourceFieldRef.resource:N | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:limits.disk}}}]}
    env[0].valueFrom.resourceFieldRef.divisor:I | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:limits.cpu,divisor:1Mi}}}]}
    env[0].valueFrom.resourceFieldRef.divisor:I | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:limits.memory,divisor:1m}}}]}
    env[0].valueFrom.resourceFieldRef.divisor:I | {env:[{name:a,valueFrom:{resourceFieldRef:{resource:requests.ephemeral-storage,divisor:2Mi}}}]}
    ok | {env:[{name:a,valueFrom:{secretKeyRef:{name:s,key:k}}},{name:b,valueFrom:{configMapKeyRef:{name:m,key:k}}}]}
    env[0].valueFrom.secretKeyRef.name:I | {env:[{name:a,valueFrom:{secretKeyRef:{name:$%^&*#,key:k}}}]}
    env[0].valueFrom.configMapKeyRef.name:I | {env:[{name:a,valueFrom:{configMapKeyRef:{key:k}}}]}
    env[0].valueFrom.configMapKeyRef.key:R | {env:[{name:a,valueFrom:{configMapKeyRef:{name:m}}}]}
    env[0].valueFrom.secretKeyRef.key:I | {env:[{name:a,valueFrom:{secretKeyRef:{name:m,key:a/b}}}]}
    env[0].valueFrom:I | {env:[{name:a,valueFrom:{}}]}
    env[0].valueFrom:I | {env:[{name:a,value:x,valueFrom:{fieldRef:{fieldPath:metadata.name}}}]}
    env[0].valueFrom:I | {env:[{name:a,valueFrom:{fieldRef:{fieldPath:metadata.name},secretKeyRef:{name:s,key:k}}}]}
    ok | {envFrom:[{configMapRef:{name:m}},{prefix:pre_,secretRef:{name:s}}]}
    envFrom[0].configMapRef.name:R | {envFrom:[{configMapRef:{}}]}
    envFrom[0].secretRef.name:I | {envFrom:[{secretRef:{name:$}}]}
    envFrom[0].prefix:I | {envFrom:[{prefix:'a=',secretRef:{name:s}}]}
    envFrom:I | {envFrom:[{}]}
    envFrom:I | {envFrom:[{configMapRef:{name:m},secretRef:{name:s}}]}
    resources.limits[disk]:I resources.limits[disk]:I resources.requests[disk]:I resources.requests[disk]:I | {resources:{limits:{disk:10}}}
    resources.requests[a.b]:I resources.requests[a.b]:I | {resources:{requests:{'a.b':10}}}
    resources.limits[my.org/resource]:I resources.requests[my.org/resource]:I | {resources:{limits:{'my.org/resource':10.5}}}
    ok | {resources:{limits:{'my.org/resource':10}}}
    resources.limits[cpu]:I resources.requests[cpu]:I | {resources:{limits:{cpu:-10}}}
    resources.requests[memory]:I | {resources:{requests:{memory:-10Mi}}}
    resources.requests:I | {resources:{requests:{cpu:2},limits:{cpu:1}}}
    resources.requests:I | {resources:{requests:{'a.io/g':1},limits:{'a.io/g':2}}}
    resources.limits:R | {resources:{requests:{'a.io/g':1}}}
    ok | {resources:{limits:{hugepages-2Mi:4Mi,cpu:1}}}
    resources:F | {resources:{limits:{hugepages-2Mi:4Mi}}}
    resources.limits[hugepages-2Mi]:I resources.requests[hugepages-2Mi]:I | {resources:{limits:{hugepages-2Mi:3Mi,memory:1Gi}}}
    resources.claims[0]:X | {resources:{claims:[{name:x}]}}
    resources.claims[0]:R | {resources:{claims:[{name:''}]}}
    resizePolicy[1]:D | {resizePolicy:[{resourceName:cpu,restartPolicy:NotRequired},{resourceName:cpu,restartPolicy:NotRequired}]}
    resizePolicy:N | {resizePolicy:[{resourceName:disk,restartPolicy:NotRequired}]}
    resizePolicy:N | {resizePolicy:[{resourceName:cpu,restartPolicy:Maybe}]}
    ok | {livenessProbe:{httpGet:{port:80,httpHeaders:[{name:Host,value:x}]}},readinessProbe:{tcpSocket:{port:http}},startupProbe:{exec:{command:[a]}}}
    livenessProbe:R | {livenessProbe:{}}
    livenessProbe.exec.command:R | {livenessProbe:{exec:{}}}
    livenessProbe.httpGet.port:I | {livenessProbe:{httpGet:{port:0}}}
    livenessProbe.httpGet.port:I | {livenessProbe:{httpGet:{port:65536}}}
    livenessProbe.httpGet.port:I | {livenessProbe:{httpGet:{port:'a_b'}}}
    livenessProbe.httpGet.scheme:N | {livenessProbe:{httpGet:{port:80,scheme:FTP}}}
    livenessProbe.httpGet.httpHeaders:I | {livenessProbe:{httpGet:{port:80,httpHeaders:[{name:X_Forwarded_For,value:x}]}}}
    livenessProbe.httpGet.httpHeaders:I | {livenessProbe:{httpGet:{port:80,httpHeaders:[{name:'',value:x}]}}}
    livenessProbe.grpc.port:I | {livenessProbe:{grpc:{port:0}}}
    livenessProbe.tcpSocket:F | {livenessProbe:{exec:{command:[a]},tcpSocket:{port:80}}}
    livenessProbe.initialDelaySeconds:I | {livenessProbe:{exec:{command:[a]},initialDelaySeconds:-1}}
    livenessProbe.timeoutSeconds:I livenessProbe.periodSeconds:I | {livenessProbe:{exec:{command:[a]},timeoutSeconds:-1,periodSeconds:-1}}
    livenessProbe.successThreshold:I | {livenessProbe:{exec:{command:[a]},successThreshold:2}}
    livenessProbe.terminationGracePeriodSeconds:I | {livenessProbe:{exec:{command:[a]},terminationGracePeriodSeconds:0}}
    readinessProbe.terminationGracePeriodSeconds:I | {readinessProbe:{exec:{command:[a]},terminationGracePeriodSeconds:5}}
    ok | {readinessProbe:{exec:{command:[a]},successThreshold:2}}
    startupProbe.successThreshold:I | {startupProbe:{exec:{command:[a]},successThreshold:2}}
    ok | {lifecycle:{preStop:{sleep:{seconds:5}},postStart:{exec:{command:[a]}}}}
    ok | {lifecycle:{preStop:{sleep:{seconds:0}}}}
    lifecycle.preStop.sleep:I | {lifecycle:{preStop:{sleep:{seconds:31}}}}
    lifecycle.preStop.sleep:I | {lifecycle:{preStop:{sleep:{seconds:-1}}}}
    lifecycle.preStop:R | {lifecycle:{preStop:{}}}
    lifecycle.preStop.sleep:F | {lifecycle:{preStop:{exec:{command:[a]},sleep:{seconds:1}}}}
    restartPolicy:N | {restartPolicy:Sometimes}
    restartPolicy:R | {restartPolicyRules:[{action:Restart,exitCodes:{operator:In,values:[3]}}]}
    ok | {restartPolicy:Never,restartPolicyRules:[{action:Restart,exitCodes:{operator:In,values:[3]}}]}
    restartPolicyRules[0].action:N | {restartPolicy:Never,restartPolicyRules:[{action:Stop,exitCodes:{operator:In,values:[3]}}]}
    restartPolicyRules[0].exitCodes.operator:N | {restartPolicy:Never,restartPolicyRules:[{action:Restart,exitCodes:{operator:Equals,values:[3]}}]}
    ok | {securityContext:{privileged:true,runAsUser:0,runAsGroup:65534,procMount:Default,capabilities:{add:[NET_ADMIN]}}}
    securityContext.runAsUser:I | {securityContext:{runAsUser:-1}}
    securityContext.runAsGroup:I | {securityContext:{runAsGroup:2147483648}}
    securityContext.procMount:I | {securityContext:{procMount:Unmasked}}
    securityContext.procMount:N | {securityContext:{procMount:None}}
    securityContext:I | {securityContext:{privileged:true,allowPrivilegeEscalation:false}}
    securityContext:I | {securityContext:{capabilities:{add:[CAP_SYS_ADMIN]},allowPrivilegeEscalation:false}}
    securityContext.seccompProfile.type:R | {securityContext:{seccompProfile:{}}}
    securityContext.seccompProfile.type:N | {securityContext:{seccompProfile:{type:Some}}}
    securityContext.seccompProfile.localhostProfile:R | {securityContext:{seccompProfile:{type:Localhost}}}
    securityContext.seccompProfile.localhostProfile:I | {securityContext:{seccompProfile:{type:Localhost,localhostProfile:../x}}}
    securityContext.seccompProfile.localhostProfile:I | {securityContext:{seccompProfile:{type:Unconfined,localhostProfile:x}}}
    securityContext.appArmorProfile.type:R | {securityContext:{appArmorProfile:{}}}
    securityContext.appArmorProfile.localhostProfile:R | {securityContext:{appArmorProfile:{type:Localhost}}}
    securityContext.appArmorProfile.localhostProfile:I | {securityContext:{appArmorProfile:{type:RuntimeDefault,localhostProfile:x}}}
    securityContext.windowsOptions.runAsUserName:I | {securityContext:{windowsOptions:{runAsUserName:''}}}
    securityContext.windowsOptions.runAsUserName:I | {securityContext:{windowsOptions:{runAsUserName:'a\b\c'}}}
    securityContext.windowsOptions.runAsUserName:I | {securityContext:{windowsOptions:{runAsUserName:'..'}}}
    securityContext.windowsOptions.gmsaCredentialSpecName:I | {securityContext:{windowsOptions:{gmsaCredentialSpecName:'a_b'}}}
    ok | {securityContext:{windowsOptions:{runAsUserName:'DOMAIN\user'}}}
    volumeMounts[0].name:X | {volumeMounts:[{name:no,mountPath:/a}]}
    volumeMounts[0].name:R volumeMounts[0].name:X | {volumeMounts:[{mountPath:/a}]}

    [mounts] spec.containers[0]. {name:c,image:i}
    ok | {volumeMounts:[{name:e,mountPath:/a,subPath:x/y},{name:d,mountPath:/b,readOnly:true,recursiveReadOnly:Enabled}],volumeDevices:[{name:p,devicePath:/dev/x}]}
    volumeMounts[0].mountPath:R | {volumeMounts:[{name:e}]}
    volumeMounts[1].mountPath:I | {volumeMounts:[{name:e,mountPath:/a},{name:d,mountPath:/a}]}
    volumeMounts.subPath:I | {volumeMounts:[{name:e,mountPath:/a,subPath:/abs}]}
    volumeMounts.subPath:I | {volumeMounts:[{name:e,mountPath:/a,subPath:a/../b}]}
    volumeMounts.subPathExpr:I | {volumeMounts:[{name:e,mountPath:/a,subPathExpr:../$(X)}]}
    volumeMounts[0].subPathExpr:I | {volumeMounts:[{name:e,mountPath:/a,subPath:a,subPathExpr:b}]}
    volumeMounts.mountPropagation:N | {volumeMounts:[{name:e,mountPath:/a,mountPropagation:Both}]}
    volumeMounts.mountPropagation:F | {volumeMounts:[{name:e,mountPath:/a,mountPropagation:Bidirectional}]}
    ok | {securityContext:{privileged:true},volumeMounts:[{name:e,mountPath:/a,mountPropagation:Bidirectional}]}
    volumeMounts.recursiveReadOnly:F | {volumeMounts:[{name:e,mountPath:/a,recursiveReadOnly:Enabled}]}
    volumeMounts.recursiveReadOnly:F | {volumeMounts:[{name:e,mountPath:/a,readOnly:true,recursiveReadOnly:IfPossible,mountPropagation:HostToContainer}]}
    volumeMounts.recursiveReadOnly:N | {volumeMounts:[{name:e,mountPath:/a,readOnly:true,recursiveReadOnly:Yes}]}
    volumeMounts[0].subPath:I | {volumeMounts:[{name:im,mountPath:/a,subPath:x}]}
    volumeDevices[0].devicePath:R | {volumeDevices:[{name:p}]}
    volumeDevices[0].name:I | {volumeDevices:[{name:e,devicePath:/dev/x}]}
    volumeDevices[0].name:X | {volumeDevices:[{name:no,devicePath:/dev/x}]}
    volumeDevices[0].devicePath:I | {volumeDevices:[{name:p,devicePath:/a/../b}]}
    volumeDevices[1].name:I | {volumeDevices:[{name:p,devicePath:/dev/x},{name:p,devicePath:/dev/y}]}
    volumeMounts[0].name:I volumeDevices[0].name:I | {volumeMounts:[{name:p,mountPath:/a}],volumeDevices:[{name:p,devicePath:/dev/x}]}
    volumeMounts[0].mountPath:I volumeDevices[0].devicePath:I | {volumeMounts:[{name:e,mountPath:/dev/x}],volumeDevices:[{name:p,devicePath:/dev/x}]}

    [volume] spec.volumes[0]. {name:v}
    ok | {}
    name:R | {name:'',emptyDir:{}}
    name:I | {name:'a.b',emptyDir:{}}
    emptyDir.sizeLimit:F | {emptyDir:{sizeLimit:-1}}
    ok | {hostPath:{path:/mnt,type:Directory}}
    hostPath.path:R | {hostPath:{}}
    hostPath.path:I | {hostPath:{path:/foo/../bar}}
    hostPath.type:N | {hostPath:{path:/mnt,type:invalid}}
    gitRepo.repository:R | {gitRepo:{}}
    gitRepo.directory:I | {gitRepo:{repository:r,directory:/dots/bar}}
    gitRepo.directory:I | {gitRepo:{repository:r,directory:dots/../bar}}
    persistentDisk.pdName:R | {gcePersistentDisk:{fsType:ext4}}
    persistentDisk.partition:I | {gcePersistentDisk:{pdName:p,partition:256}}
    awsElasticBlockStore.volumeID:R | {awsElasticBlockStore:{partition:1}}
    awsElasticBlockStore.partition:I | {awsElasticBlockStore:{volumeID:v,partition:-1}}
    ok | {secret:{secretName:s,defaultMode:511,items:[{key:k,path:p,mode:0}]}}
    secret.secretName:R | {secret:{}}
    secret.defaultMode:I | {secret:{secretName:s,defaultMode:512}}
    secret.defaultMode:I | {secret:{secretName:s,defaultMode:-1}}
    secret.items[0].key:R | {secret:{secretName:s,items:[{path:p}]}}
    secret.items[0].path:R | {secret:{secretName:s,items:[{key:k}]}}
    secret.items[0].path:I | {secret:{secretName:s,items:[{key:k,path:/p}]}}
    secret.items[0].path:I | {secret:{secretName:s,items:[{key:k,path:../p}]}}
    secret.items[0].path:I | {secret:{secretName:s,items:[{key:k,path:..p}]}}
    secret.items[0].mode:I | {secret:{secretName:s,items:[{key:k,path:p,mode:512}]}}
    configMap.name:R | {configMap:{}}
    configMap.items[0].path:I | {configMap:{name:m,items:[{key:k,path:a/../b}]}}
    configMap.defaultMode:I | {configMap:{name:m,defaultMode:512}}
    nfs.server:R | {nfs:{path:/p}}
    nfs.path:R nfs.path:I | {nfs:{server:s}}
    nfs.path:I | {nfs:{server:s,path:p}}
    ok | {iscsi:{targetPortal:'127.0.0.1',iqn:'iqn.2015-02.example.com:test',lun:1}}
    ok | {iscsi:{targetPortal:'127.0.0.1',iqn:'eui.0123456789ABCDEF'}}
    iscsi.targetPortal:R | {iscsi:{iqn:'iqn.2015-02.example.com:test'}}
    iscsi.iqn:R | {iscsi:{targetPortal:a}}
    iscsi.iqn:I | {iscsi:{targetPortal:a,iqn:'2015-02.example.com:test'}}
    iscsi.iqn:I | {iscsi:{targetPortal:a,iqn:'iqn.2015-02.example.com:'}}
    iscsi.iqn:I | {iscsi:{targetPortal:a,iqn:'eui.01'}}
    iscsi.lun:I | {iscsi:{targetPortal:a,iqn:'iqn.2015-02.example.com:test',lun:256}}
    iscsi.secretRef:R | {iscsi:{targetPortal:a,iqn:'iqn.2015-02.example.com:test',chapAuthSession:true}}
    iscsi.initiatorname:I | {iscsi:{targetPortal:a,iqn:'iqn.2015-02.example.com:test',initiatorName:x}}
    glusterfs.endpoints:R glusterfs.path:R | {glusterfs:{}}
    flocker:R | {flocker:{}}
    flocker:I | {flocker:{datasetName:a,datasetUUID:b}}
    flocker.datasetName:I | {flocker:{datasetName:a/b}}
    rbd.monitors:R rbd.image:R | {rbd:{}}
    cinder.volumeID:R cinder.secretRef.name:R | {cinder:{secretRef:{}}}
    cephfs.monitors:R | {cephfs:{}}
    persistentVolumeClaim.claimName:R | {persistentVolumeClaim:{}}
    quobyte.registry:R quobyte.volume:R | {quobyte:{}}
    quobyte.registry:I | {quobyte:{registry:host,volume:v}}
    ok | {downwardAPI:{items:[{path:l,fieldRef:{fieldPath:metadata.labels}},{path:r,resourceFieldRef:{containerName:c,resource:limits.cpu}}]}}
    downwardAPI.path:R | {downwardAPI:{items:[{fieldRef:{fieldPath:metadata.name}}]}}
    downwardAPI.path:I | {downwardAPI:{items:[{path:/a,fieldRef:{fieldPath:metadata.name}}]}}
    downwardAPI.path:I | {downwardAPI:{items:[{path:..a,fieldRef:{fieldPath:metadata.name}}]}}
    downwardAPI:R | {downwardAPI:{items:[{path:a}]}}
    downwardAPI:I | {downwardAPI:{items:[{path:a,fieldRef:{fieldPath:metadata.name},resourceFieldRef:{containerName:c,resource:limits.cpu}}]}}
    downwardAPI.fieldRef.fieldPath:N | {downwardAPI:{items:[{path:a,fieldRef:{fieldPath:spec.nodeName}}]}}
    downwardAPI.resourceFieldRef.containerName:R | {downwardAPI:{items:[{path:a,resourceFieldRef:{resource:limits.cpu}}]}}
    downwardAPI.mode:I | {downwardAPI:{items:[{path:a,mode:512,fieldRef:{fieldPath:metadata.name}}]}}
    downwardAPI.defaultMode:I | {downwardAPI:{defaultMode:512}}
    ok | {fc:{targetWWNs:[a],lun:1}}
    fc.targetWWNs:R | {fc:{lun:1}}
    fc.targetWWNs:I | {fc:{targetWWNs:[a],wwids:[b],lun:1}}
    fc.lun:R | {fc:{targetWWNs:[a]}}
    fc.lun:I | {fc:{targetWWNs:[a],lun:256}}
    flexVolume.driver:R | {flexVolume:{}}
    flexVolume.options[k8s.io/a]:I | {flexVolume:{driver:d,options:{'k8s.io/a':b}}}
    azureFile.secretName:R azureFile.shareName:R | {azureFile:{}}
    azureDisk.diskName:R azureDisk.diskURI:R | {azureDisk:{}}
    azureDisk.cachingMode:N azureDisk.kind:N azureDisk.diskURI:N | {azureDisk:{diskName:d,diskURI:u,cachingMode:X,kind:Y}}
    vsphereVolume.volumePath:R | {vsphereVolume:{}}
    photonPersistentDisk.pdID:R | {photonPersistentDisk:{}}
    portworxVolume.volumeID:R | {portworxVolume:{}}
    scaleIO.gateway:R scaleIO.system:R scaleIO.volumeName:R | {scaleIO:{}}
    storageos.volumeName:R | {storageos:{}}
    storageos.volumeName:I | {storageos:{volumeName:'a.b'}}
    ok | {csi:{driver:x.y,nodePublishSecretRef:{name:s}}}
    csi.driver:R csi.driver:I | {csi:{}}
    csi.nodePublishSecretRef.name:R | {csi:{driver:d,nodePublishSecretRef:{}}}
    csi.name:I | {csi:{driver:d,nodePublishSecretRef:{name:'a_b'}}}
    ok | {projected:{sources:[{secret:{name:s,items:[{key:k,path:p}]}},{configMap:{name:m}},{downwardAPI:{items:[{path:x,fieldRef:{fieldPath:metadata.name}}]}}]}}
    projected.sources[0].secret.name:R | {projected:{sources:[{secret:{}}]}}
    projected:I | {projected:{sources:[{secret:{name:s,items:[{key:k,path:p}]}},{configMap:{name:m,items:[{key:k,path:p}]}}]}}
    projected.sources[0]:F | {projected:{sources:[{secret:{name:s},configMap:{name:m}}]}}
    projected.defaultMode:I | {projected:{defaultMode:512}}
    projected.sources[0].serviceAccountToken.expirationSeconds:I | {projected:{sources:[{serviceAccountToken:{path:t,expirationSeconds:599}}]}}
    projected.path:R | {projected:{sources:[{serviceAccountToken:{path:''}}]}}
    projected.sources[0].clusterTrustBundle:R projected.sources[0].clusterTrustBundle.path:R | {projected:{sources:[{clusterTrustBundle:{path:''}}]}}
    projected.sources[0].clusterTrustBundle:I | {projected:{sources:[{clusterTrustBundle:{path:p,name:a,signerName:'a.b/c'}}]}}
    ephemeral.volumeClaimTemplate:R | {ephemeral:{}}
    ok | {ephemeral:{volumeClaimTemplate:{metadata:{labels:{a:b}},spec:{accessModes:[ReadWriteOnce],resources:{requests:{storage:1Gi}}}}}}
    ephemeral.volumeClaimTemplate.metadata.name:F | {ephemeral:{volumeClaimTemplate:{metadata:{name:x},spec:{accessModes:[ReadWriteOnce],resources:{requests:{storage:1Gi}}}}}}
    ephemeral.volumeClaimTemplate.spec.accessModes:R ephemeral.volumeClaimTemplate.spec.resources[storage]:R | {ephemeral:{volumeClaimTemplate:{spec:{}}}}
    hostPath:F | {emptyDir:{},hostPath:{path:/a}}
    image.reference:R | {image:{}}
    image.pullPolicy:N | {image:{reference:i,pullPolicy:X}}

    [pod] spec. {containers:[{name:c,image:i}]}
    ok | {imagePullSecrets:[{name:''}]}
    containers:R | {containers:[]}
    restartPolicy:N | {restartPolicy:Rarely}
    dnsPolicy:N | {dnsPolicy:Own}
    dnsConfig:R | {dnsPolicy:None}
    dnsConfig.nameservers:R | {dnsPolicy:None,dnsConfig:{searches:[a]}}
    ok | {dnsPolicy:None,dnsConfig:{nameservers:[127.0.0.1,'::1'],searches:[custom,mydomain.com,local.,'_sip._tcp.abc_d.example.com',.],options:[{name:ndots,value:'2'}]}}
    dnsConfig.nameservers:I | {dnsConfig:{nameservers:[1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4]}}
    dnsConfig.nameservers[0]:I | {dnsConfig:{nameservers:[invalid]}}
    dnsConfig.searches[1]:I | {dnsConfig:{searches:[custom,invalid?]}}
    dnsConfig.options[0]:R | {dnsConfig:{options:[{value:'1'}]}}
    ok | {hostAliases:[{ip:12.34.56.78,hostnames:[host1,a.b]}]}
    hostAliases[0].ip:I | {hostAliases:[{ip:999.999.999.999}]}
    hostAliases[0].hostnames[0]:I | {hostAliases:[{ip:12.34.56.78,hostnames:['@#$^']}]}
    ephemeralContainers:F | {ephemeralContainers:[{name:d,image:i}]}
    ephemeralContainers[0].name:D ephemeralContainers[0].targetContainerName:X ephemeralContainers[0].ports:F ephemeralContainers:F | {ephemeralContainers:[{name:c,image:i,targetContainerName:no,ports:[{containerPort:80}]}]}
    ok | {securityContext:{fsGroup:1,runAsUser:2,supplementalGroups:[3],sysctls:[{name:kernel.shmmni,value:'1'},{name:net/ipv4/conf,value:'2'}],fsGroupChangePolicy:Always}}
    securityContext.fsGroup:I | {securityContext:{fsGroup:-1}}
    securityContext.runAsUser:I | {securityContext:{runAsUser:4294967296}}
    securityContext.supplementalGroups[1]:I | {securityContext:{supplementalGroups:[1,-1]}}
    securityContext.sysctls[0].name:R | {securityContext:{sysctls:[{value:x}]}}
    securityContext.sysctls[0].name:I | {securityContext:{sysctls:[{name:'i nvalid',value:x}]}}
    securityContext.sysctls[1].name:D | {securityContext:{sysctls:[{name:a,value:x},{name:a,value:y}]}}
    securityContext.sysctls[0].name:I | {hostNetwork:true,securityContext:{sysctls:[{name:net.core.somaxconn,value:'1'}]}}
    securityContext.sysctls[0].name:I | {hostIPC:true,securityContext:{sysctls:[{name:kernel.shmmax,value:'1'}]}}
    securityContext.shareProcessNamespace:I | {hostPID:true,shareProcessNamespace:true}
    securityContext.fsGroupChangePolicy:N | {securityContext:{fsGroupChangePolicy:Some}}
    securityContext.supplementalGroupsPolicy:N | {securityContext:{supplementalGroupsPolicy:Some}}
    securityContext.seLinuxChangePolicy:N | {securityContext:{seLinuxChangePolicy:Some}}
    securityContext.seccompProfile.localhostProfile:R | {securityContext:{seccompProfile:{type:Localhost}}}
    hostNetwork:F HostPID:F HostIPC:F | {hostUsers:false,hostNetwork:true,hostPID:true,hostIPC:true}
    hostNetwork:I | {securityContext:{windowsOptions:{hostProcess:true}}}
    containers[0].ports[0].hostPort:I | {hostNetwork:true,containers:[{name:c,image:i,ports:[{containerPort:80,hostPort:81}]}]}
    nodeSelector:I | {nodeSelector:{'-a':b}}
    nodeSelector:I | {nodeSelector:{a:'b c'}}
    ok | {affinity:{nodeAffinity:{requiredDuringSchedulingIgnoredDuringExecution:{nodeSelectorTerms:[{matchExpressions:[{key:k,operator:In,values:[v]}],matchFields:[{key:metadata.name,operator:In,values:[n]}]}]}}}}
    affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms:R | {affinity:{nodeAffinity:{requiredDuringSchedulingIgnoredDuringExecution:{nodeSelectorTerms:[]}}}}
    affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values:R | {affinity:{nodeAffinity:{requiredDuringSchedulingIgnoredDuringExecution:{nodeSelectorTerms:[{matchExpressions:[{key:k,operator:In}]}]}}}}
    affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]:I | {affinity:{nodeAffinity:{requiredDuringSchedulingIgnoredDuringExecution:{nodeSelectorTerms:[{matchExpressions:[{key:k,operator:In,values:['-1']}]}]}}}}
    affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key:I | {affinity:{nodeAffinity:{requiredDuringSchedulingIgnoredDuringExecution:{nodeSelectorTerms:[{matchFields:[{key:metadata.namespace,operator:In,values:[n]}]}]}}}}
    ok | {affinity:{nodeAffinity:{preferredDuringSchedulingIgnoredDuringExecution:[{weight:100,preference:{matchExpressions:[{key:k,operator:In,values:['-1']}]}}]}}}
    affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight:I | {affinity:{nodeAffinity:{preferredDuringSchedulingIgnoredDuringExecution:[{weight:199,preference:{}}]}}}
    affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.namespace:I | {affinity:{podAffinity:{preferredDuringSchedulingIgnoredDuringExecution:[{weight:10,podAffinityTerm:{labelSelector:{},namespaces:[INVALID],topologyKey:zone}}]}}}
    affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey:R affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey:I affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey:I | {affinity:{podAntiAffinity:{requiredDuringSchedulingIgnoredDuringExecution:[{labelSelector:{}}]}}}
    affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].values[0]:I | {affinity:{podAffinity:{requiredDuringSchedulingIgnoredDuringExecution:[{topologyKey:zone,labelSelector:{matchExpressions:[{key:k,operator:In,values:['-a']}]}}]}}}
    affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys:F | {affinity:{podAffinity:{requiredDuringSchedulingIgnoredDuringExecution:[{topologyKey:zone,matchLabelKeys:['/bad']}]}}}
    topologySpreadConstraints[0].maxSkew:I | {topologySpreadConstraints:[{maxSkew:0,topologyKey:z,whenUnsatisfiable:DoNotSchedule}]}
    topologySpreadConstraints[0].topologyKey:R | {topologySpreadConstraints:[{maxSkew:1,whenUnsatisfiable:DoNotSchedule}]}
    topologySpreadConstraints[0].whenUnsatisfiable:N | {topologySpreadConstraints:[{maxSkew:1,topologyKey:z,whenUnsatisfiable:No}]}
    topologySpreadConstraints[0].minDomains:I | {topologySpreadConstraints:[{maxSkew:1,topologyKey:z,whenUnsatisfiable:ScheduleAnyway,minDomains:2}]}
    topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}:D | {topologySpreadConstraints:[{maxSkew:1,topologyKey:z,whenUnsatisfiable:DoNotSchedule},{maxSkew:2,topologyKey:z,whenUnsatisfiable:DoNotSchedule}]}
    topologySpreadConstraints[0].matchLabelKeys:F topologySpreadConstraints[0].matchLabelKeys[0]:I | {topologySpreadConstraints:[{maxSkew:1,topologyKey:z,whenUnsatisfiable:DoNotSchedule,matchLabelKeys:['-x']}]}
    topologySpreadConstraints[0].labelSelector.matchExpressions[0].operator:I | {topologySpreadConstraints:[{maxSkew:1,topologyKey:z,whenUnsatisfiable:DoNotSchedule,labelSelector:{matchExpressions:[{key:k,operator:Is}]}}]}
    tolerations[0].key:I | {tolerations:[{key:'nospecialchars^=@',operator:Equal,value:bar}]}
    tolerations[0].operator:I | {tolerations:[{operator:Equal,value:bar}]}
    tolerations[0].operator:I | {tolerations:[{key:k,operator:Exists,value:bar}]}
    tolerations[0].operator:N | {tolerations:[{key:k,operator:In,value:bar}]}
    tolerations[0].effect:I | {tolerations:[{key:k,operator:Equal,value:bar,effect:NoSchedule,tolerationSeconds:20}]}
    tolerations[0].effect:N | {tolerations:[{key:k,effect:Never}]}
    readinessGates[0].conditionType:I | {readinessGates:[{conditionType:'invalid/gate/'}]}
    schedulingGates[0]:I schedulingGates[0]:I | {schedulingGates:[{name:''}]}
    schedulingGates[1]:D | {schedulingGates:[{name:a},{name:a}]}
    nodeName:F | {schedulingGates:[{name:a}],nodeName:n}
    nodeName:I | {nodeName:'N_'}
    serviceAccountName:I | {serviceAccountName:'S_'}
    activeDeadlineSeconds:I | {activeDeadlineSeconds:0}
    activeDeadlineSeconds:I | {activeDeadlineSeconds:2147483648}
    hostname:I | {hostname:a.b}
    subdomain:I | {subdomain:a.b}
    priorityClassName:I | {priorityClassName:'A_'}
    runtimeClassName:I | {runtimeClassName:invalid/sandbox}
    runtimeClassName:I | {runtimeClassName:''}
    preemptionPolicy:N | {preemptionPolicy:Maybe}
    overhead.limits[disk]:I overhead.limits[disk]:I | {overhead:{disk:1}}
    ok | {overhead:{cpu:10}}
    os:N | {os:{name:beos}}
    os.name:R | {os:{}}
    securityContext.windowsOptions:F | {os:{name:linux},securityContext:{windowsOptions:{runAsUserName:u}}}
    hostPID:F securityContext.fsGroup:F securityContext.runAsUser:F containers[0].securityContext.privileged:F | {os:{name:windows},hostPID:true,securityContext:{fsGroup:1,runAsUser:1},containers:[{name:c,image:i,securityContext:{privileged:true}}]}
    containers[0].lifecycle.stopSignal:F | {containers:[{name:c,image:i,lifecycle:{stopSignal:SIGUSR1}}]} gate=ContainerStopSignals
    ok | {os:{name:linux},containers:[{name:c,image:i,lifecycle:{stopSignal:SIGUSR1}}]} gate=ContainerStopSignals
    ok | {resourceClaims:[{name:a,resourceClaimName:x}],containers:[{name:c,image:i,resources:{claims:[{name:a}]}}]}
    resourceClaims[0].name:R | {resourceClaims:[{resourceClaimName:x}]}
    resourceClaims[1].name:D | {resourceClaims:[{name:a,resourceClaimName:x},{name:a,resourceClaimName:y}]}
    resourceClaims[0]:I | {resourceClaims:[{name:a}]}
    resourceClaims[0]:I | {resourceClaims:[{name:a,resourceClaimName:x,resourceClaimTemplateName:y}]}
    containers[0].resources.claims[1]:D | {resourceClaims:[{name:a,resourceClaimName:x}],containers:[{name:c,image:i,resources:{claims:[{name:a},{name:a}]}}]}
    initContainers[0].name:D | {initContainers:[{name:c,image:i}]}
    initContainers[0].lifecycle:F | {initContainers:[{name:a,image:i,lifecycle:{preStop:{exec:{command:[a]}}}}]}
    ok | {initContainers:[{name:a,image:i,restartPolicy:Always,readinessProbe:{exec:{command:[a]}}}]}
    resources.requests[cpu]:I | {resources:{requests:{cpu:100m}},containers:[{name:c,image:i,resources:{requests:{cpu:200m}}}]}
    resources.limits[storage]:N | {resources:{limits:{storage:1}}}
    resources.claims:F | {resources:{claims:[{name:a}]},resourceClaims:[{name:a,resourceClaimName:x}]}

    [service] {spec:{ports:[{port:80}]}}
    ok | {}
    spec.ports:R | {spec:{ports:[]}}
    ok | {spec:{ports:[],clusterIP:None}}
    spec.ports[0].port:I spec.ports[0].targetPort:I | {spec:{ports:[{port:0}]}}
    spec.ports[0].protocol:N | {spec:{ports:[{port:80,protocol:X}]}}
    spec.ports[0].targetPort:I | {spec:{ports:[{port:80,targetPort:65536}]}}
    spec.ports[0].targetPort:I | {spec:{ports:[{port:80,targetPort:'http_x'}]}}
    spec.ports[0].appProtocol:I | {spec:{ports:[{port:80,appProtocol:foo..bar/a/b}]}}
    spec.ports[0].name:R | {spec:{ports:[{port:80},{port:81,name:b}]}}
    spec.ports[1].name:D | {spec:{ports:[{port:80,name:a},{port:81,name:a}]}}
    spec.ports[1]:D | {spec:{ports:[{port:80,name:a},{port:80,name:b}]}}
    spec.selector:I | {spec:{selector:{'a b':c}}}
    spec.sessionAffinity:N | {spec:{sessionAffinity:OneTime}}
    spec.sessionAffinityConfig.clientIP.timeoutSeconds:I | {spec:{sessionAffinity:ClientIP,sessionAffinityConfig:{clientIP:{timeoutSeconds:0}}}}
    spec.sessionAffinityConfig.clientIP.timeoutSeconds:I | {spec:{sessionAffinity:ClientIP,sessionAffinityConfig:{clientIP:{timeoutSeconds:86401}}}}
    ok | {spec:{sessionAffinity:ClientIP,sessionAffinityConfig:{clientIP:{timeoutSeconds:86400}}}}
    spec.type:N | {spec:{type:Bogus}}
    spec.clusterIPs[0]:I | {spec:{clusterIP:invalid}}
    spec.clusterIPs:I | {spec:{clusterIP:1.2.3.4,clusterIPs:[1.2.3.5]}}
    spec.clusterIPs:I | {spec:{clusterIP:1.2.3.4,clusterIPs:[1.2.3.4,1.2.3.5]}}
    ok | {spec:{clusterIP:1.2.3.4,clusterIPs:[1.2.3.4,'2001:db8::1'],ipFamilies:[IPv4,IPv6],ipFamilyPolicy:RequireDualStack}}
    spec.ipFamilies[0]:N | {spec:{ipFamilies:[IPv5]}}
    spec.ipFamilies[1]:D | {spec:{ipFamilies:[IPv4,IPv4]}}
    spec.ipFamilyPolicy:N | {spec:{ipFamilyPolicy:Both}}
    spec.clusterIPs[0]:I | {spec:{clusterIP:1.2.3.4,clusterIPs:[1.2.3.4],ipFamilies:[IPv6]}}
    spec.clusterIPs[0]:I | {spec:{type:NodePort,clusterIP:None}}
    spec.externalIPs[0]:I | {spec:{externalIPs:[myhost]}}
    spec.externalIPs[0]:I | {spec:{externalIPs:[0.0.0.0]}}
    spec.externalIPs[0]:I | {spec:{externalIPs:[127.0.0.1]}}
    spec.externalIPs[0]:I | {spec:{externalIPs:[169.254.1.1]}}
    ok | {spec:{externalIPs:[1.2.3.4]}}
    spec.ports[0].nodePort:F | {spec:{ports:[{port:80,nodePort:30001}]}}
    spec.ports[0].nodePort:I | {spec:{type:NodePort,ports:[{port:80,nodePort:80}]}}
    spec.ports[1].nodePort:D | {spec:{type:NodePort,ports:[{port:80,name:a,nodePort:30001},{port:81,name:b,nodePort:30001}]}}
    ok | {spec:{type:NodePort,ports:[{port:80,name:a,nodePort:30001},{port:81,name:b,nodePort:30001,protocol:UDP}]}}
    spec.externalName:R | {spec:{type:ExternalName,ports:[]}}
    spec.externalName:I | {spec:{type:ExternalName,externalName:-foo-.com}}
    ok | {spec:{type:ExternalName,externalName:foo.example.com.}}
    spec.clusterIPs:F spec.ipFamilies:F | {spec:{type:ExternalName,externalName:a.b,clusterIP:1.2.3.4,ipFamilies:[IPv4]}}
    spec.LoadBalancerSourceRanges:F | {spec:{loadBalancerSourceRanges:[1.2.3.0/24]}}
    spec.LoadBalancerSourceRanges[0]:I | {spec:{type:LoadBalancer,loadBalancerSourceRanges:[foo.bar]}}
    ok | {spec:{type:LoadBalancer,loadBalancerSourceRanges:[' 1.2.3.0/24 ']}}
    spec.allocateLoadBalancerNodePorts:F | {spec:{allocateLoadBalancerNodePorts:true}}
    spec.loadBalancerClass:F | {spec:{loadBalancerClass:a.b/c}}
    spec.loadBalancerClass:I | {spec:{type:LoadBalancer,loadBalancerClass:'a.b/c/d'}}
    spec.externalTrafficPolicy:I | {spec:{externalTrafficPolicy:Local}}
    spec.externalTrafficPolicy:N | {spec:{type:LoadBalancer,externalTrafficPolicy:X}}
    spec.healthCheckNodePort:I | {spec:{type:LoadBalancer,healthCheckNodePort:30012}}
    spec.healthCheckNodePort:I | {spec:{type:LoadBalancer,externalTrafficPolicy:Local,healthCheckNodePort:-1}}
    spec.internalTrafficPolicy:N | {spec:{internalTrafficPolicy:Some}}
    spec.trafficDistribution:N | {spec:{trafficDistribution:Random}}
    metadata.annotations[service.kubernetes.io/topology-mode]:I | {metadata:{annotations:{'service.kubernetes.io/topology-mode':Auto,'service.kubernetes.io/topology-aware-hints':Disabled}}}
    ok | {metadata:{name:123abc}}
    metadata.name:I | {metadata:{name:-abc}}

    [job] {spec:{template:{spec:{restartPolicy:Never,containers:[{name:c,image:i}]}}}}
    ok | {}
    spec.parallelism:I spec.completions:I spec.activeDeadlineSeconds:I spec.backoffLimit:I spec.ttlSecondsAfterFinished:I | {spec:{parallelism:-1,completions:-1,activeDeadlineSeconds:-1,backoffLimit:-1,ttlSecondsAfterFinished:-1}}
    spec.completionMode:N | {spec:{completionMode:Both}}
    ok | {spec:{completionMode:Indexed}}
    spec.completions:R | {spec:{completionMode:Indexed,parallelism:2}}
    spec.parallelism:I | {spec:{completionMode:Indexed,completions:2,parallelism:100001}}
    spec.backoffLimitPerIndex:I | {spec:{backoffLimitPerIndex:1}}
    spec.backoffLimitPerIndex:R spec.maxFailedIndexes:I | {spec:{completionMode:Indexed,completions:2,maxFailedIndexes:3}}
    spec.maxFailedIndexes:R spec.parallelism:I | {spec:{completionMode:Indexed,completions:100001,parallelism:10001,backoffLimitPerIndex:1}}
    spec.selector:R | {spec:{manualSelector:true}}
    spec.template.metadata.labels:I | {spec:{manualSelector:true,selector:{matchLabels:{y:z}}}}
    spec.template.spec.restartPolicy:R | {spec:{template:{spec:{restartPolicy:Always}}}}
    spec.template.spec.restartPolicy:N spec.template.spec.restartPolicy:N | {spec:{template:{spec:{restartPolicy:Invalid}}}}
    spec.template.spec.restartPolicy:I | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:In,values:[1]}}]},template:{spec:{restartPolicy:OnFailure}}}}
    ok | {spec:{podFailurePolicy:{rules:[{action:FailJob,onExitCodes:{containerName:c,operator:In,values:[1,2,3]}},{action:Ignore,onPodConditions:[{type:DisruptionTarget,status:'True'}]}]}}}
    spec.podFailurePolicy.rules[0]:I | {spec:{podFailurePolicy:{rules:[{action:FailJob}]}}}
    spec.podFailurePolicy.rules[0]:I | {spec:{podFailurePolicy:{rules:[{action:FailJob,onExitCodes:{operator:In,values:[1]},onPodConditions:[{type:X,status:'True'}]}]}}}
    spec.podFailurePolicy.rules[0].action:R | {spec:{podFailurePolicy:{rules:[{action:'',onExitCodes:{operator:In,values:[1]}}]}}}
    spec.podFailurePolicy.rules[0].action:N | {spec:{podFailurePolicy:{rules:[{action:X,onExitCodes:{operator:In,values:[1]}}]}}}
    spec.podFailurePolicy.rules[0].action:I | {spec:{podFailurePolicy:{rules:[{action:FailIndex,onExitCodes:{operator:In,values:[1]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.operator:R | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:'',values:[1]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.containerName:I | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{containerName:x,operator:In,values:[1]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.values:I | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:In,values:[]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.values[0]:I | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:In,values:[0]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.values[1]:D | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:In,values:[1,1]}}]}}}
    spec.podFailurePolicy.rules[0].onExitCodes.values:I | {spec:{podFailurePolicy:{rules:[{action:Count,onExitCodes:{operator:In,values:[2,1]}}]}}}
    spec.podFailurePolicy.rules[0].onPodConditions[0].status:N | {spec:{podFailurePolicy:{rules:[{action:Count,onPodConditions:[{type:X,status:Maybe}]}]}}}
    spec.podFailurePolicy.rules[0].onPodConditions[0].type:I spec.podFailurePolicy.rules[0].onPodConditions[0].type:I | {spec:{podFailurePolicy:{rules:[{action:Count,onPodConditions:[{type:'',status:'True'}]}]}}}
    spec.podReplacementPolicy:N | {spec:{podReplacementPolicy:X}}
    spec.podReplacementPolicy:N | {spec:{podReplacementPolicy:TerminatingOrFailed,podFailurePolicy:{rules:[]}}}
    ok | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededCount:1},{succeededIndexes:'0-2,4',succeededCount:3}]}}}
    spec.successPolicy:I | {spec:{completions:5,successPolicy:{rules:[{succeededCount:1}]}}}
    spec.successPolicy.rules:R | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[]}}}
    spec.successPolicy.rules[0]:R | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{}]}}}
    spec.successPolicy.rules[0].succeededIndexes:I | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededIndexes:'3,1'}]}}}
    spec.successPolicy.rules[0].succeededIndexes:I | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededIndexes:'1-5'}]}}}
    spec.successPolicy.rules[0].succeededIndexes:I | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededIndexes:'1-2-3'}]}}}
    spec.successPolicy.rules[0].succeededCount:I | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededCount:6}]}}}
    spec.successPolicy.rules[0].succeededCount:I | {spec:{completionMode:Indexed,completions:5,successPolicy:{rules:[{succeededIndexes:'0-1',succeededCount:3}]}}}
    spec.managedBy:R | {spec:{managedBy:''}}
    spec.managedBy:I | {spec:{managedBy:invalid}}
    ok | {spec:{managedBy:example.com/foo}}

    [cronjob] {spec:{schedule:'* * * * *',jobTemplate:{spec:{template:{spec:{restartPolicy:Never,containers:[{name:c,image:i}]}}}}}}
    ok | {}
    spec.schedule:R | {spec:{schedule:''}}
    spec.schedule:I | {spec:{schedule:'error'}}
    spec.schedule:I | {spec:{schedule:'TZ=UTC 0 * * *'}} atLeast
    spec.timeZone:I | {spec:{timeZone:LOCAL}} atLeast
    spec.startingDeadlineSeconds:I | {spec:{startingDeadlineSeconds:-1}}
    spec.successfulJobsHistoryLimit:I spec.failedJobsHistoryLimit:I | {spec:{successfulJobsHistoryLimit:-1,failedJobsHistoryLimit:-1}}
    spec.concurrencyPolicy:N | {spec:{concurrencyPolicy:X}}
    spec.jobTemplate.spec.manualSelector:N | {spec:{jobTemplate:{spec:{manualSelector:true}}}}
    spec.jobTemplate.spec.selector:I | {spec:{jobTemplate:{spec:{selector:{matchLabels:{a:b}}}}}}
    spec.jobTemplate.spec.completions:I | {spec:{jobTemplate:{spec:{completions:-1}}}}

    [deployment] {spec:{selector:{matchLabels:{a:b}},template:{metadata:{labels:{a:b}},spec:{containers:[{name:c,image:i}]}}}}
    ok | {}
    spec.replicas:I spec.minReadySeconds:I spec.revisionHistoryLimit:I | {spec:{replicas:-1,minReadySeconds:-1,revisionHistoryLimit:-1}}
    spec.progressDeadlineSeconds:I | {spec:{minReadySeconds:600,progressDeadlineSeconds:600}}
    spec.strategy.rollingUpdate:F | {spec:{strategy:{type:Recreate,rollingUpdate:{maxSurge:1}}}}
    spec.strategy.rollingUpdate.maxUnavailable:I | {spec:{strategy:{rollingUpdate:{maxUnavailable:0,maxSurge:0}}}}
    spec.strategy.rollingUpdate.maxUnavailable:I | {spec:{strategy:{rollingUpdate:{maxUnavailable:110%}}}}
    spec.strategy.rollingUpdate.maxSurge:I | {spec:{strategy:{rollingUpdate:{maxSurge:20Percent}}}}
    spec.strategy.rollingUpdate.maxUnavailable:I spec.strategy.rollingUpdate.maxUnavailable:I | {spec:{strategy:{rollingUpdate:{maxUnavailable:x%,maxSurge:0}}}}
    spec.selector.matchExpressions[0].operator:I spec.selector:I | {spec:{selector:{matchExpressions:[{key:a,operator:Is}]}}}
    spec.template.spec.restartPolicy:N | {spec:{template:{spec:{restartPolicy:OnFailure}}}}
    spec.template.spec.ephemeralContainers:F | {spec:{template:{spec:{ephemeralContainers:[{name:d,image:i}]}}}}
    ok | {spec:{template:{spec:{hostNetwork:true,containers:[{name:c,image:i,ports:[{containerPort:80}]}]}}}}
    spec.template.spec.containers[0].ports[0].hostPort:I | {spec:{template:{spec:{hostNetwork:true,containers:[{name:c,image:i,ports:[{containerPort:80,hostPort:81}]}]}}}}
    ok | {spec:{template:{spec:{containers:[{name:c,image:' i '}]}}}}

    [daemonset] {spec:{selector:{matchLabels:{a:b}},template:{metadata:{labels:{a:b}},spec:{containers:[{name:c,image:i}]}}}}
    ok | {spec:{updateStrategy:{rollingUpdate:{maxSurge:1,maxUnavailable:0}}}}
    spec.updateStrategy.rollingUpdate.maxUnavailable:R | {spec:{updateStrategy:{rollingUpdate:{maxSurge:0,maxUnavailable:0}}}}
    spec.updateStrategy.rollingUpdate.maxSurge:I | {spec:{updateStrategy:{rollingUpdate:{maxSurge:1,maxUnavailable:1}}}}
    spec.updateStrategy:N | {spec:{updateStrategy:{type:X}}}
    spec.template.spec.activeDeadlineSeconds:F | {spec:{template:{spec:{activeDeadlineSeconds:5}}}}

    [statefulset] {spec:{serviceName:s,selector:{matchLabels:{a:b}},template:{metadata:{labels:{a:b}},spec:{containers:[{name:c,image:i,volumeMounts:[{name:data,mountPath:/d}]}]}},volumeClaimTemplates:[{metadata:{name:data},spec:{accessModes:[ReadWriteOnce],resources:{requests:{storage:1Gi}}}}]}}
    ok | {}
    metadata.name:I | {metadata:{name:a.b}}
    spec.template.spec.containers[0].image:R | {spec:{template:{spec:{containers:[{name:c,image:''}]}}}}
    spec.template.spec.containers[0].volumeMounts[0].name:X | {spec:{volumeClaimTemplates:[]}}
    spec.volumeClaimTemplates[0].spec.resources[storage]:R | {spec:{volumeClaimTemplates:[{metadata:{name:data},spec:{accessModes:[ReadWriteOnce]}}]}}
    spec.serviceName:I | {spec:{serviceName:'A_'}}
    spec.updateStrategy:I | {spec:{updateStrategy:{type:foo}}}
    spec.updateStrategy.rollingUpdate.partition:I | {spec:{updateStrategy:{rollingUpdate:{partition:-1}}}}
    spec.ordinals.start:I | {spec:{ordinals:{start:-1}}}
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted:N | {spec:{persistentVolumeClaimRetentionPolicy:{whenDeleted:X}}}
    spec.podManagementPolicy:I | {spec:{podManagementPolicy:X}}

    [quota] {spec:{hard:{pods:10}}}
    ok | {spec:{hard:{cpu:1,requests.storage:1Gi,count/deployments.apps:3,services.nodeports:1,a.b/storageclass.storage.k8s.io/requests.storage:1}}} skip
    ok | {spec:{hard:{cpu:1,requests.storage:1Gi,count/deployments.apps:3,services.nodeports:1}}}
    spec.hard[disk]:I spec.hard[disk]:I | {spec:{hard:{disk:1}}}
    spec.hard[storage]:I | {spec:{hard:{storage:1}}}
    spec.hard[pods]:I | {spec:{hard:{pods:1500m}}}
    spec.hard[cpu]:I | {spec:{hard:{cpu:-1}}}
    spec.scopes:I | {spec:{scopes:[X]}}
    spec.scopes:I | {spec:{scopes:[BestEffort],hard:{cpu:1}}}
    spec.scopes:I | {spec:{scopes:[BestEffort,NotBestEffort]}}
    spec.scopes:I | {spec:{scopes:[Terminating,NotTerminating]}}
    ok | {spec:{scopeSelector:{matchExpressions:[{scopeName:PriorityClass,operator:In,values:[high]}]}}}
    spec.scopeSelector.matchExpressions.values:R | {spec:{scopeSelector:{matchExpressions:[{scopeName:PriorityClass,operator:In}]}}}
    spec.scopeSelector.matchExpressions.operator:I spec.scopeSelector.matchExpressions.operator:I | {spec:{scopeSelector:{matchExpressions:[{scopeName:Terminating,operator:Is}]}}}
    spec.scopeSelector.matchExpressions.scopeName:I | {spec:{scopeSelector:{matchExpressions:[{scopeName:Other,operator:Exists}]}}}

    [limitrange] {spec:{limits:[]}}
    ok | {spec:{limits:[{type:Container,max:{cpu:2},min:{cpu:1},default:{cpu:2},defaultRequest:{cpu:1},maxLimitRequestRatio:{cpu:2}}]}}
    spec.limits[0].type:I | {spec:{limits:[{type:Other}]}}
    spec.limits[1].type:D | {spec:{limits:[{type:Pod},{type:Pod}]}}
    spec.limits[0].default:F | {spec:{limits:[{type:Pod,default:{cpu:1}}]}}
    spec.limits[0].min[cpu]:I | {spec:{limits:[{type:Pod,min:{cpu:2},max:{cpu:1}}]}}
    spec.limits[0].maxLimitRequestRatio[cpu]:I | {spec:{limits:[{type:Pod,maxLimitRequestRatio:{cpu:800m}}]}}
    spec.limits[0].maxLimitRequestRatio[memory]:I | {spec:{limits:[{type:Pod,min:{memory:100Mi},max:{memory:200Mi},maxLimitRequestRatio:{memory:10}}]}}
    spec.limits[0].max[storage]:I | {spec:{limits:[{type:Pod,max:{storage:1}}]}}
    spec.limits[0].limits:R | {spec:{limits:[{type:PersistentVolumeClaim}]}}
    spec.limits[0].defaultRequest[a.b/g]:I | {spec:{limits:[{type:Container,default:{'a.b/g':2},defaultRequest:{'a.b/g':1}}]}}

    [pv] {spec:{capacity:{storage:1Gi},accessModes:[ReadWriteOnce],hostPath:{path:/a}}}
    ok | {}
    spec.accessModes:R | {spec:{accessModes:[]}}
    spec.accessModes:N | {spec:{accessModes:[X]}}
    spec.accessModes:F | {spec:{accessModes:[ReadWriteOncePod,ReadWriteOnce]}}
    spec.capacity[storage]:I spec.capacity[storage]:I | {spec:{capacity:{storage:-1}}}
    spec.persistentVolumeReclaimPolicy:N | {spec:{persistentVolumeReclaimPolicy:X}}
    spec.persistentVolumeReclaimPolicy:F | {spec:{hostPath:{path:/./},persistentVolumeReclaimPolicy:Recycle}}
    spec.hostPath.path:I | {spec:{hostPath:{path:/a/..}}}
    spec.storageClassName:I | {spec:{storageClassName:-invalid-}}
    spec.volumeMode:N | {spec:{volumeMode:Fake}}
    spec.local:F | {spec:{local:{path:/x},nodeAffinity:{required:{nodeSelectorTerms:[{matchExpressions:[{key:k,operator:Exists}]}]}}}}
    spec.nodeAffinity.required:R | {spec:{nodeAffinity:{}}}
    spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]:I | {spec:{nodeAffinity:{required:{nodeSelectorTerms:[{matchExpressions:[{key:k,operator:In,values:['-1']}]}]}}}}

    [pvcsi] {spec:{capacity:{storage:1Gi},accessModes:[ReadWriteOnce],csi:{driver:d,volumeHandle:h}}}
    ok | {}
    spec.csi.driver:R spec.csi.driver:I spec.csi.volumeHandle:R | {spec:{csi:{driver:'',volumeHandle:''}}}
    spec.csi.driver:I | {spec:{csi:{driver:com.google.gcepd-}}}
    spec.csi.controllerPublishSecretRef.name:R | {spec:{csi:{controllerPublishSecretRef:{namespace:n}}}}
    spec.csi.nodePublishSecretRef.namespace:R | {spec:{csi:{nodePublishSecretRef:{name:n}}}}
    spec.volumeAttributesClassName:R | {spec:{volumeAttributesClassName:''}}

    [pvc] {spec:{accessModes:[ReadWriteOnce],resources:{requests:{storage:1Gi}}}}
    ok | {}
    spec.accessModes:R | {spec:{accessModes:[]}}
    spec.resources[storage]:I | {spec:{resources:{requests:{storage:0}}}}
    spec.resources[storage]:R | {spec:{resources:{requests:{storage:null}}}} skip
    spec.selector.matchExpressions[0].operator:I | {spec:{selector:{matchExpressions:[{key:a,operator:InvalidOp}]}}}
    spec.volumeMode:N | {spec:{volumeMode:X}}
    spec.storageClassName:I | {spec:{storageClassName:-a-}}
    ok | {spec:{dataSource:{kind:PersistentVolumeClaim,name:a}}}
    spec.dataSource:I spec.dataSourceRef:I | {spec:{dataSource:{kind:VolumeSnapshot,name:a}}}
    spec.dataSource.name:R spec.dataSource.kind:R spec.dataSource:I spec.dataSourceRef.name:R spec.dataSourceRef.kind:R spec.dataSourceRef:I | {spec:{dataSource:{}}}
    spec.dataSource.apiGroup:I spec.dataSourceRef.apiGroup:I | {spec:{dataSource:{apiGroup:'^a',kind:X,name:a}}}
    spec:I | {spec:{dataSource:{kind:PersistentVolumeClaim,name:a},dataSourceRef:{kind:PersistentVolumeClaim,name:b}}}
    ok | {spec:{dataSource:{kind:PersistentVolumeClaim,name:a},dataSourceRef:{kind:PersistentVolumeClaim,name:a}}}

    [storageclass] {provisioner:a.b/c}
    ok | {allowedTopologies:[{matchLabelExpressions:[{key:z,values:[a,b]}]}]}
    provisioner:R | {provisioner:''}
    provisioner:I | {provisioner:'a/b/c'}
    reclaimPolicy:N | {reclaimPolicy:Recycle}
    volumeBindingMode:N | {volumeBindingMode:X}
    allowedTopologies[0].matchLabelExpressions[0].values:R | {allowedTopologies:[{matchLabelExpressions:[{key:z,values:[]}]}]}
    allowedTopologies[0].matchLabelExpressions[0].values[1]:D | {allowedTopologies:[{matchLabelExpressions:[{key:z,values:[a,a]}]}]}
    allowedTopologies[0].matchLabelExpressions[1].key:D | {allowedTopologies:[{matchLabelExpressions:[{key:z,values:[a]},{key:z,values:[b]}]}]}
    allowedTopologies[1].matchLabelExpressions:D | {allowedTopologies:[{matchLabelExpressions:[{key:z,values:[a]}]},{matchLabelExpressions:[{key:z,values:[a]}]}]}
    parameters:I | {parameters:{'':a}}

    [hpa] {spec:{maxReplicas:5,scaleTargetRef:{kind:Deployment,name:d}}}
    ok | {}
    spec.minReplicas:I | {spec:{minReplicas:-1}} atLeast
    spec.maxReplicas:I | {spec:{minReplicas:7}}
    spec.scaleTargetRef.kind:R spec.scaleTargetRef.name:R | {spec:{scaleTargetRef:{kind:'',name:''}}}
    spec.scaleTargetRef.kind:I | {spec:{scaleTargetRef:{kind:..}}}
    spec.scaleTargetRef.name:I | {spec:{scaleTargetRef:{name:a/b}}}
    spec.metrics[0].type:R spec.metrics[0].type:N spec.metrics[0].type:N | {spec:{metrics:[{}]}}
    spec.metrics[0].resource:R | {spec:{metrics:[{type:Resource}]}}
    spec.metrics[0].pods:F | {spec:{metrics:[{type:Resource,resource:{name:cpu,target:{type:Utilization,averageUtilization:5}},pods:{metric:{name:m},target:{type:AverageValue,averageValue:1}}}]}} atLeast
    spec.metrics[0].resource.name:R | {spec:{metrics:[{type:Resource,resource:{target:{type:Utilization,averageUtilization:5}}}]}}
    spec.metrics[0].resource.target.averageUtilization:I | {spec:{metrics:[{type:Resource,resource:{name:cpu,target:{type:Utilization,averageUtilization:-1}}}]}}
    spec.metrics[0].resource.target.averageUtilization:R | {spec:{metrics:[{type:Resource,resource:{name:cpu,target:{type:Utilization}}}]}}
    spec.metrics[0].resource.target.averageValue:F | {spec:{metrics:[{type:Resource,resource:{name:cpu,target:{type:Utilization,averageUtilization:5,averageValue:1}}}]}}
    spec.metrics[0].resource.target.type:I | {spec:{metrics:[{type:Resource,resource:{name:cpu,target:{type:X,averageUtilization:5}}}]}}
    spec.metrics[0].containerResource.container:R | {spec:{metrics:[{type:ContainerResource,containerResource:{name:cpu,target:{type:Utilization,averageUtilization:5}}}]}}
    spec.metrics[0].pods.target.averageValue:R | {spec:{metrics:[{type:Pods,pods:{metric:{name:m},target:{type:AverageValue}}}]}}
    spec.metrics[0].object.target.averageValue:R | {spec:{metrics:[{type:Object,object:{describedObject:{kind:K,name:n},metric:{name:m},target:{type:Value}}}]}}
    spec.metrics[0].object.metric.name:R | {spec:{metrics:[{type:Object,object:{describedObject:{kind:K,name:n},metric:{},target:{type:Value,value:1}}}]}}
    spec.metrics[0].external.metric.name:I | {spec:{metrics:[{type:External,external:{metric:{name:foo/../},target:{type:Value,value:1}}}]}}
    spec.metrics[0].external.target.value:F | {spec:{metrics:[{type:External,external:{metric:{name:m},target:{type:Value,value:1,averageValue:1}}}]}}
    spec.behavior.scaleUp.stabilizationWindowSeconds:I | {spec:{behavior:{scaleUp:{stabilizationWindowSeconds:3601}}}}
    spec.behavior.scaleDown.selectPolicy:N | {spec:{behavior:{scaleDown:{selectPolicy:X}}}}
    spec.behavior.scaleUp.policies:R | {spec:{behavior:{scaleUp:{policies:[]}}}}
    spec.behavior.scaleUp.policies[0].type:N | {spec:{behavior:{scaleUp:{policies:[{type:X,value:1,periodSeconds:1}]}}}}
    spec.behavior.scaleUp.policies[0].value:I spec.behavior.scaleUp.policies[0].periodSeconds:I | {spec:{behavior:{scaleUp:{policies:[{type:Pods,value:0,periodSeconds:1801}]}}}}

    [secret] {data:{a:Yg==}}
    ok | {}
    data[a b]:I | {data:{'a b':Yg==}}
    data[..]:I | {data:{'..':Yg==}}
    metadata.annotations[kubernetes.io/service-account.name]:R | {type:kubernetes.io/service-account-token}
    data[.dockercfg]:R | {type:kubernetes.io/dockercfg}
    data[.dockerconfigjson]:I | {type:kubernetes.io/dockerconfigjson,data:{.dockerconfigjson:Yg==}}
    ok | {type:kubernetes.io/dockerconfigjson,stringData:{.dockerconfigjson:'{"auths":{"a":[1,true,null,-2.5e3]}}'}}
    data[username]:R data[password]:R | {type:kubernetes.io/basic-auth}
    data[ssh-privatekey]:R | {type:kubernetes.io/ssh-auth}
    data[tls.crt]:R data[tls.key]:R | {type:kubernetes.io/tls}

    [configmap] {data:{a:b}}
    ok | {}
    data[a?b]:I | {data:{'a?b':x}}
    data[..a]:I | {data:{'..a':x}}
    data[a]:I | {binaryData:{a:Yg==}}

    [node] {}
    ok | {spec:{podCIDR:10.0.0.0/24,podCIDRs:[10.0.0.0/24,'2000::/10'],taints:[{key:k,value:v,effect:NoSchedule}]}}
    spec.podCIDRs[0]:I | {spec:{podCIDRs:[10.0.0.0]}}
    spec.podCIDRs:I | {spec:{podCIDRs:[10.0.0.0/24,10.0.1.0/24]}}
    metadata.taints[0].key:I | {spec:{taints:[{key:'a b',effect:NoSchedule}]}}
    metadata.taints[0].effect:R | {spec:{taints:[{key:a}]}}
    metadata.taints[0].effect:N | {spec:{taints:[{key:a,effect:X}]}}
    metadata.taints[1]:D | {spec:{taints:[{key:a,effect:NoSchedule},{key:a,effect:NoSchedule,value:b}]}}

    [namespace] {}
    spec.finalizers:I | {spec:{finalizers:[foo]}}
    ok | {spec:{finalizers:[example.com/foo,kubernetes]}}
    metadata.name:I | {metadata:{name:a.b}}

    [endpointslice] {addressType:IPv4,endpoints:[{addresses:[10.1.2.3]}],ports:[{name:http,port:80}]}
    ok | {}
    addressType:R | {addressType:''}
    addressType:N | {addressType:IP}
    endpoints[0].addresses:R | {endpoints:[{addresses:[]}]}
    endpoints[0].addresses[0]:I endpoints[0].addresses[0]:I | {endpoints:[{addresses:[x]}]}
    endpoints[0].addresses[0]:I | {endpoints:[{addresses:['2001:db8::1']}]}
    endpoints[0].addresses[0]:I | {endpoints:[{addresses:[127.0.0.1]}]}
    endpoints[0].hostname:I | {endpoints:[{addresses:[10.1.2.3],hostname:a.b}]}
    ports[1].name:D | {ports:[{name:http,port:80},{name:http,port:81}]}
    ports[0].protocol:N | {ports:[{name:a,port:1,protocol:foo}]}

    [pdb] {spec:{minAvailable:1,selector:{}}}
    ok | {}
    spec:I | {spec:{maxUnavailable:1}}
    spec.minAvailable:I | {spec:{minAvailable:-5}}
    spec.minAvailable:I | {spec:{minAvailable:1.1%}}
    spec.minAvailable:I | {spec:{minAvailable:101%}}
    spec.unhealthyPodEvictionPolicy:N | {spec:{unhealthyPodEvictionPolicy:X}}

    [priorityclass] {value:100}
    ok | {}
    value:F | {value:1000000001}
    metadata.name:F | {metadata:{name:system-foo}}
    ok | {metadata:{name:system-node-critical},value:2000001000}
    preemptionPolicy:N | {preemptionPolicy:X}

    [configmeta] {}
    metadata.labels:I | {metadata:{labels:{'a/b/c':d}}}
    metadata.annotations:I | {metadata:{annotations:{'a b':d}}}
    metadata.finalizers:I | {metadata:{finalizers:['a/b/c']}}
    metadata.finalizers[0]:I | {metadata:{finalizers:[foo]}}
    metadata.finalizers:I | {metadata:{finalizers:[orphan,foregroundDeletion]}}
    metadata.generateName:I metadata.name:I | {metadata:{name:'AB-x',generateName:'AB-'}}
    ok | {metadata:{generateName:'a-'}}
    metadata.ownerReferences[0].apiVersion:I metadata.ownerReferences[0].uid:I | {metadata:{ownerReferences:[{apiVersion:'',kind:K,name:n}]}}
    metadata.ownerReferences[0]:I | {metadata:{ownerReferences:[{apiVersion:v1,kind:Event,name:n,uid:u}]}}
    metadata.ownerReferences:I | {metadata:{ownerReferences:[{apiVersion:v1,kind:Pod,name:n,uid:u,controller:true},{apiVersion:v1,kind:Pod,name:m,uid:w,controller:true}]}}

    [podmeta] {spec:{containers:[{name:c,image:i}]}}
    metadata.annotations[controller.kubernetes.io/pod-deletion-cost]:I | {metadata:{annotations:{'controller.kubernetes.io/pod-deletion-cost':'+10'}}}
    metadata.annotations[controller.kubernetes.io/pod-deletion-cost]:I | {metadata:{annotations:{'controller.kubernetes.io/pod-deletion-cost':'2147483648'}}}
    ok | {metadata:{annotations:{'controller.kubernetes.io/pod-deletion-cost':'-10'}}}
    metadata.annotations[kubernetes.io/config.mirror]:I | {metadata:{annotations:{'kubernetes.io/config.mirror':x}}}
    metadata.annotations.seccomp.security.alpha.kubernetes.io/pod:I | {metadata:{annotations:{'seccomp.security.alpha.kubernetes.io/pod':foo}}}
    metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]:I | {metadata:{annotations:{'container.apparmor.security.beta.kubernetes.io/x':runtime/default}}}
    """#
