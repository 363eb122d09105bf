// Requests for certificates that are approved.

#if Network
    import APIServer
    import ControlPlane
    import Foundation
    import KubernetesAPI
    import Simulation
    import SimulationKit
    import Testing

    @testable import Network

    struct CertificateSignerTests {
        /// A request of O=devs, CN=dave with a P-256 key, as openssl made it.
        private static let request =
            "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJHUmxkbk14RFRBTEJnTlZCQU1NQkdSaGRtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVR4bGlOeVhnWmNTblc2QXFkMzd0a0RBWVg2Ui9MMHI2K3JVdnVNCjlzenFtdmZvNzBUWUxmVWpVNEw1SmNoU29UM1dSaG8veU95MnNkMnkxQytOVTFrT29BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUlnR1VSNWFCckpOSGNndUd4bXdSTlMrZjZpcjZzZVg0N0hucXJ4ZzZBKzFJQUNJUURDU0tHRApiN1RLN3BkQzZXZFVveHlZT0pMTlpJK3J0SWhkcm9pQ1lTUGJ6QT09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="

        private static func document(_ usages: JSONValue, signer: String = "kubernetes.io/kube-apiserver-client") -> JSONValue {
            [
                "metadata": ["name": "dave"],
                "spec": ["request": .string(request), "signerName": .string(signer), "usages": usages, "expirationSeconds": 3600, "username": "somebody"],
            ]
        }

        /// The request after it was approved, as the server shows it.
        private static func approved(_ document: JSONValue, by signer: CertificateSigner) -> JSONValue {
            var session = Session(Simulation(SimulationOptions()))
            var server = APIServer()
            let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
            func send(_ method: String, _ path: String, _ body: JSONValue = .null) -> JSONValue {
                let request = APIRequest(
                    method: method, path: path, headers: [("accept", "application/json"), ("content-type", "application/json")],
                    body: body == .null ? [] : Array(body.text().utf8), user: UserInfo(name: "boss", groups: ["system:masters", "system:authenticated"]))
                guard case .answer(let response) = server.reply(to: request, in: &session) else { return .null }
                return (try? JSONParser.read(response.body()).value) ?? .null
            }
            var made = send("POST", path, document)
            made["status"] = ["conditions": [["type": "Approved", "status": "True", "reason": "Test", "message": "m"]]]
            _ = send("PUT", "\(path)/dave/approval", made)
            signer.run(&session)
            return send("GET", "\(path)/dave")
        }

        @Test func `an approved request becomes a certificate that the server knows`() throws {
            let authority = try CertificateAuthority()
            let done = Self.approved(Self.document(["client auth"]), by: CertificateSigner(authority: authority))
            #expect(done["spec"]?["username"] == "boss")
            #expect(done["spec"]?["groups"] == ["system:masters", "system:authenticated"])
            let pem = String(decoding: Base64.decode(done["status"]?["certificate"]?.string ?? "") ?? [], as: UTF8.self)
            let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
            let der = Array(Data(base64Encoded: lines.joined()) ?? Data())
            #expect(UserInfo(certificate: der) == UserInfo(name: "dave", groups: ["devs", "system:authenticated"]))
        }

        @Test func `what the signer does not sign fails with its reason`() throws {
            let signer = CertificateSigner(authority: try CertificateAuthority())
            let failed = Self.approved(Self.document(["server auth"]), by: signer)
            let condition = failed.value(at: "status.conditions[1]")
            #expect(condition?["type"] == "Failed")
            #expect(condition?["reason"] == "SignerValidationFailure")
            #expect(condition?["message"] == "invalid usage for client certificate: server auth")
            let foreign = Self.approved(Self.document(["client auth"], signer: "example.com/mine"), by: signer)
            #expect(foreign["status"]?["conditions"]?.array?.count == 1)
            #expect(foreign["status"]?["certificate"] == nil)
        }

        @Test func `a request that was changed on its way is not signed`() throws {
            let signer = CertificateSigner(authority: try CertificateAuthority())
            var bytes = Base64.decode(Self.request) ?? []
            let place = bytes.count - 60
            bytes[place] = bytes[place] == 0x41 ? 0x42 : 0x41
            var spec = Self.document(["client auth"])["spec"] ?? [:]
            spec["request"] = .string(Base64.encode(bytes))
            guard case .failure(let refusal) = signer.signed(spec) else { return #expect(Bool(false), "it was signed") }
            #expect(refusal.text == "unable to parse csr")
        }
    }
#endif
