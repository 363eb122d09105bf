// The fields of kinds that are kept without being acted on, a structure a line; a comma at its end goes on with the next.

/// - Source: Kubernetes v1.36 `staging/src/k8s.io/api/{networking,rbac,coordination,node,certificates,admissionregistration,storage,core}/v1/types.go`,
///   `staging/src/k8s.io/{apiextensions-apiserver,kube-aggregator}/pkg/apis/*/v1/types.go`
enum KeptCatalog {
    /// By `networking.k8s.io/v1 Ingress`.
    static let roots: [String: KeptStructure] = parsed.roots
    static let structures: [String: KeptStructure] = parsed.structures

    private static let parsed: (roots: [String: KeptStructure], structures: [String: KeptStructure]) = {
        var (roots, structures): ([String: KeptStructure], [String: KeptStructure]) = ([:], [:])
        for line in text.replacing(",\n", with: ",").split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let head = line[..<colon].split(separator: " ").map(String.init)
            let fields = line[line.index(after: colon)...].split(separator: ",").compactMap { part -> KeptStructure.Field? in
                let words = part.split(separator: " ").map(String.init)
                guard words.count >= 2 else { return nil }
                var field = KeptStructure.Field(name: words[0], type: words[1], isRequired: words[1].hasSuffix("!"), standard: nil)
                if field.isRequired { field.type.removeLast() }
                if words.count == 3, words[2].hasPrefix("=") {
                    let value = String(words[2].dropFirst())
                    field.standard = Int64(value).map { .int($0) } ?? (value == "{}" ? [:] : .string(value))
                }
                return field
            }
            if head.count == 3 { roots["\(head[1]) \(head[2])"] = KeptStructure(name: head[2], fields: fields) }
            if head.count == 1 { structures[head[0]] = KeptStructure(name: head[0], fields: fields) }
        }
        return (roots, structures)
    }()

    /// `@` begins a kind; `!` ends the type of a field that has to be there; `=` begins what is filled in.
    private static let text = """
        @ v1 Binding: target ObjectReference!
        @ networking.k8s.io/v1 Ingress: spec IngressSpec, status IngressStatus
        IngressSpec: defaultBackend IngressBackend, ingressClassName string, rules []IngressRule, tls []IngressTLS
        IngressBackend: resource TypedLocalObjectReference, service IngressServiceBackend
        IngressServiceBackend: name string!, port ServiceBackendPort
        ServiceBackendPort: name string, number integer
        TypedLocalObjectReference: apiGroup string, kind string!, name string!
        IngressRule: host string, http HTTPIngressRuleValue
        HTTPIngressRuleValue: paths []HTTPIngressPath!
        HTTPIngressPath: backend IngressBackend!, path string, pathType string!
        IngressTLS: hosts []string, secretName string
        IngressStatus: loadBalancer IngressLoadBalancerStatus
        IngressLoadBalancerStatus: ingress []IngressLoadBalancerIngress
        IngressLoadBalancerIngress: hostname string, ip string, ports []IngressPortStatus
        IngressPortStatus: error string, port integer!, protocol string!
        @ networking.k8s.io/v1 IngressClass: spec IngressClassSpec
        IngressClassSpec: controller string, parameters IngressClassParametersReference
        IngressClassParametersReference: apiGroup string, kind string!, name string!, namespace string, scope string =Cluster
        @ networking.k8s.io/v1 NetworkPolicy: spec NetworkPolicySpec
        NetworkPolicySpec: egress []NetworkPolicyEgressRule, ingress []NetworkPolicyIngressRule, podSelector LabelSelector ={}, policyTypes []string
        NetworkPolicyIngressRule: from []NetworkPolicyPeer, ports []NetworkPolicyPort
        NetworkPolicyEgressRule: ports []NetworkPolicyPort, to []NetworkPolicyPeer
        NetworkPolicyPeer: ipBlock IPBlock, namespaceSelector LabelSelector, podSelector LabelSelector
        NetworkPolicyPort: endPort integer, port IntOrString, protocol string =TCP
        IPBlock: cidr string!, except []string
        @ rbac.authorization.k8s.io/v1 Role: rules []PolicyRule
        @ rbac.authorization.k8s.io/v1 ClusterRole: aggregationRule AggregationRule, rules []PolicyRule
        PolicyRule: apiGroups []string, nonResourceURLs []string, resourceNames []string, resources []string, verbs []string!
        AggregationRule: clusterRoleSelectors []LabelSelector
        @ rbac.authorization.k8s.io/v1 RoleBinding: roleRef RoleRef!, subjects []Subject
        @ rbac.authorization.k8s.io/v1 ClusterRoleBinding: roleRef RoleRef!, subjects []Subject
        RoleRef: apiGroup string! =rbac.authorization.k8s.io, kind string!, name string!
        Subject: apiGroup string, kind string!, name string!, namespace string
        @ coordination.k8s.io/v1 Lease: spec LeaseSpec
        LeaseSpec: acquireTime Time, holderIdentity string, leaseDurationSeconds integer, leaseTransitions integer, preferredHolder string,
        renewTime Time, strategy string
        @ v1 Endpoints: subsets []EndpointSubset
        EndpointSubset: addresses []EndpointAddress, notReadyAddresses []EndpointAddress, ports []EndpointPort
        EndpointAddress: hostname string, ip string!, nodeName string, targetRef ObjectReference
        EndpointPort: appProtocol string, name string, port integer!, protocol string =TCP
        @ v1 PodTemplate: template PodTemplateSpec
        @ node.k8s.io/v1 RuntimeClass: handler string!, overhead Overhead, scheduling Scheduling
        Overhead: podFixed map[string]Quantity
        Scheduling: nodeSelector map[string]string, tolerations []Toleration
        @ certificates.k8s.io/v1 CertificateSigningRequest: spec CertificateSigningRequestSpec!, status CertificateSigningRequestStatus
        CertificateSigningRequestSpec: expirationSeconds integer, extra map[string][]string, groups []string, request string!, signerName string!,
        uid string, usages []string, username string
        CertificateSigningRequestStatus: certificate string, conditions []CertificateSigningRequestCondition
        CertificateSigningRequestCondition: lastTransitionTime Time, lastUpdateTime Time, message string, reason string, status string!, type string!
        @ apiextensions.k8s.io/v1 CustomResourceDefinition: spec CustomResourceDefinitionSpec!, status CustomResourceDefinitionStatus
        CustomResourceDefinitionSpec: conversion CustomResourceConversion, group string!, names CustomResourceDefinitionNames!,
        preserveUnknownFields boolean, scope string!, versions []CustomResourceDefinitionVersion!
        CustomResourceConversion: strategy string!, webhook WebhookConversion
        WebhookConversion: clientConfig WebhookClientConfig, conversionReviewVersions []string!
        CustomResourceDefinitionNames: categories []string, kind string!, listKind string, plural string!, shortNames []string, singular string
        CustomResourceDefinitionVersion: additionalPrinterColumns []CustomResourceColumnDefinition, deprecated boolean, deprecationWarning string,
        name string!, schema CustomResourceValidation, selectableFields []SelectableField, served boolean!, storage boolean!,
        subresources CustomResourceSubresources
        CustomResourceColumnDefinition: description string, format string, jsonPath string!, name string!, priority integer, type string!
        CustomResourceValidation: openAPIV3Schema JSONSchemaProps
        SelectableField: jsonPath string!
        CustomResourceSubresources: scale CustomResourceSubresourceScale, status object
        CustomResourceSubresourceScale: labelSelectorPath string, specReplicasPath string!, statusReplicasPath string!
        CustomResourceDefinitionStatus: acceptedNames CustomResourceDefinitionNames, conditions []CustomResourceDefinitionCondition,
        observedGeneration integer, storedVersions []string
        CustomResourceDefinitionCondition: lastTransitionTime Time, message string, observedGeneration integer, reason string, status string!,
        type string!
        JSONSchemaProps: $ref string, $schema string, additionalItems object, additionalProperties object, allOf []JSONSchemaProps,
        anyOf []JSONSchemaProps, default object, definitions map[string]JSONSchemaProps, dependencies map[string]object, description string,
        enum []object, example object, exclusiveMaximum boolean, exclusiveMinimum boolean, externalDocs object, format string, id string,
        items object, maxItems integer, maxLength integer, maxProperties integer, maximum number, minItems integer, minLength integer,
        minProperties integer, minimum number, multipleOf number, not JSONSchemaProps, nullable boolean, oneOf []JSONSchemaProps, pattern string,
        patternProperties map[string]JSONSchemaProps, properties map[string]JSONSchemaProps, required []string, title string, type string,
        uniqueItems boolean, x-kubernetes-embedded-resource boolean, x-kubernetes-int-or-string boolean, x-kubernetes-list-map-keys []string,
        x-kubernetes-list-type string, x-kubernetes-map-type string, x-kubernetes-preserve-unknown-fields boolean,
        x-kubernetes-validations []ValidationRule
        ValidationRule: fieldPath string, message string, messageExpression string, optionalOldSelf boolean, reason string, rule string!
        @ apiregistration.k8s.io/v1 APIService: spec APIServiceSpec, status object
        APIServiceSpec: caBundle string, group string, groupPriorityMinimum integer!, insecureSkipTLSVerify boolean, service ServiceReference,
        version string, versionPriority integer!
        @ admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration: webhooks []ValidatingWebhook
        ValidatingWebhook: admissionReviewVersions []string!, clientConfig WebhookClientConfig!, failurePolicy string =Fail,
        matchConditions []MatchCondition, matchPolicy string =Equivalent, name string!, namespaceSelector LabelSelector ={},
        objectSelector LabelSelector ={}, rules []RuleWithOperations, sideEffects string!, timeoutSeconds integer =10
        @ admissionregistration.k8s.io/v1 MutatingWebhookConfiguration: webhooks []MutatingWebhook
        MutatingWebhook: admissionReviewVersions []string!, clientConfig WebhookClientConfig!, failurePolicy string =Fail,
        matchConditions []MatchCondition, matchPolicy string =Equivalent, name string!, namespaceSelector LabelSelector ={},
        objectSelector LabelSelector ={}, reinvocationPolicy string =Never, rules []RuleWithOperations, sideEffects string!,
        timeoutSeconds integer =10
        WebhookClientConfig: caBundle string, service ServiceReference, url string
        ServiceReference: name string!, namespace string!, path string, port integer =443
        MatchCondition: expression string!, name string!
        RuleWithOperations: apiGroups []string, apiVersions []string, operations []string, resources []string, scope string =*
        @ storage.k8s.io/v1 CSIStorageCapacity: capacity Quantity, maximumVolumeSize Quantity, nodeTopology LabelSelector, storageClassName string!
        @ storage.k8s.io/v1 VolumeAttributesClass: driverName string!, parameters map[string]string
        """
}
