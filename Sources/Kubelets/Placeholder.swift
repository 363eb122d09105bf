// Kubelets
